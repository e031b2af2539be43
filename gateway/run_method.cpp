#include "gateway/run_method.h"

#include <utility>

#include "gateway/call_events.h"
#include "gateway/client_person.h"
#include "gateway/quota_headers.h"
#include "gateway/stamped_result.h"
#include "mcp/messages.h"

namespace gateway {
namespace {

using base::Json;
using mcp::Reply;

// What a client wants to hear before the result.
struct Wishes {
  std::optional<mcp::Id> progress_token;
  std::optional<mcp::LogLevel> log_level;
};

// Error: what is wrong with them.
base::Result<Wishes> wishes_of(const MethodContext& context) {
  Wishes wishes{std::nullopt, context.log_level};
  const Json* extras = base::find_member(context.request.params, "_meta");
  if (extras == nullptr) return wishes;
  if (base::find_member(*extras, "progressToken") != nullptr) {
    wishes.progress_token = mcp::progress_token(*extras);
    if (!wishes.progress_token) {
      return base::Error{base::Code::invalid, "progressToken must be a string or an integer", {}};
    }
  }
  if (context.inbound.era == mcp::Era::legacy) return wishes;
  if (const Json* level = base::find_member(*extras, mcp::meta::log_level)) {
    const auto* name = level->get_ptr<const std::string*>();
    wishes.log_level = name ? mcp::parse_log_level(*name) : std::nullopt;
    if (!wishes.log_level) {
      return base::Error{base::Code::invalid, "There is no such log level", {}};
    }
  }
  return wishes;
}

// What clients of each era find on an answer.
std::string finish(const MethodContext& context, const pipeline::Call& call,
                   pipeline::Outcome outcome) {
  if (!call.is_tool()) pipeline::make_error(outcome);
  if (outcome.error) {
    const bool not_found = outcome.reason == "unknown_resource";
    if (not_found && context.inbound.era == mcp::Era::legacy) {
      outcome.error->code = mcp::code::resource_not_found;
    }
    return mcp::error_text(context.request.id, *outcome.error);
  }
  const ResultStamps stamps{context.request_id, mcp::has_result_type(context.inbound.revision),
                            call.primitive};
  return mcp::result_text_of(context.request.id, stamped_result(outcome, stamps));
}

}  // namespace

std::optional<std::string> pointer_inside(const std::optional<std::string>& pointer,
                                          std::string_view prefix) {
  if (!pointer || pointer->substr(0, prefix.size()) != prefix) return std::nullopt;
  std::string rest = pointer->substr(prefix.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  return rest;
}

Reply invalid_params(const mcp::Request& request, std::string message) {
  return {
      200, mcp::error_text(request.id, {mcp::code::invalid_params, std::move(message), {}}), {}};
}

base::Status take_arguments(MethodContext& context, pipeline::Call& call) {
  const auto given = context.request.params.find("arguments");
  if (given != context.request.params.end()) {
    if (!given->is_object()) {
      return base::Error{base::Code::invalid, "arguments must be an object", {}};
    }
    call.arguments = mcp::ToolArguments(std::move(*given));
  }
  call.inexact = pointer_inside(context.inexact, "/params/arguments");
  return {};
}

pipeline::Call begin_call(const MethodContext& context, policies::Primitive primitive,
                          std::string asked) {
  pipeline::Call call;
  call.primitive = primitive;
  call.asked = std::move(asked);
  call.request_id = context.request_id;
  call.principal = context.principal;
  call.session = context.session;
  call.snapshot = context.snapshot;
  // The policy may have been replaced since the key was checked: one snapshot decides all of a call.
  const policies::Agent* agent = call.snapshot->policy->find_agent(call.principal.agent);
  if (agent != nullptr) call.principal.tenant = agent->tenant;
  call.loop = &context.loop;
  call.received = std::chrono::system_clock::now();
  call.started = std::chrono::steady_clock::now();
  return call;
}

base::Task<Reply> run_call(MethodContext& context, pipeline::Call& call,
                           const pipeline::Pipeline& calls) {
  auto wishes = wishes_of(context);
  if (!wishes) co_return invalid_params(context.request, wishes.error().message);
  call.cancellation = context.cancellation();
  call.progress = wishes->progress_token.has_value();
  call.log_level = wishes->log_level;
  std::optional<CallEvents> events;
  if ((call.progress || call.log_level) && context.events != nullptr &&
      accepts_event_stream(context.fields)) {
    call.events =
        &events.emplace(*context.events, std::move(wishes->progress_token), wishes->log_level);
  }
  const auto person = client_person(context);
  call.client_person = person.get();
  pipeline::Outcome outcome = co_await calls.run(call);
  Reply reply;
  if (outcome.quota) reply.headers = quota_headers(*outcome.quota);
  reply.body = finish(context, call, std::move(outcome));
  co_return reply;
}

}  // namespace gateway
