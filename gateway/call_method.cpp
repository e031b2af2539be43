#include "gateway/call_method.h"

#include <utility>

#include "base/version.h"
#include "gateway/call_events.h"
#include "gateway/client_person.h"
#include "gateway/quota_headers.h"
#include "mcp/messages.h"
#include "mcp/param_headers.h"

namespace gateway {
namespace {

using base::Json;
using mcp::Reply;

constexpr const char* request_id_key = "dev.sluice/requestId";

Reply error_reply(int status, const mcp::Request& request, int code, std::string message) {
  return {status, mcp::error_text(request.id, {code, std::move(message), {}}), {}};
}

// The headers that mirror arguments must agree with them. Asked only for a tool that the caller may
// call: a stranger learns nothing of its schema.
std::optional<std::string> param_mismatch(const MethodContext& context,
                                          const pipeline::Call& call) {
  if (context.inbound.era == mcp::Era::legacy) return std::nullopt;
  const tools::CatalogEntry* entry = call.snapshot->catalog->find(call.tool);
  if (entry == nullptr || entry->tool->param_headers.empty()) return std::nullopt;
  const auto decision =
      call.snapshot->policy->decide(policies::Caller{call.principal.agent, call.principal.view},
                                    entry->server(), entry->tool->name);
  if (!decision.listed) return std::nullopt;
  const auto lookup = [](const void* fields, std::string_view name) {
    return static_cast<const base::HttpFields*>(fields)->find(name);
  };
  return mcp::param_header_mismatch(entry->tool->param_headers, call.arguments.value(), lookup,
                                    &context.fields);
}

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

// What clients of each era find on a result.
std::string finish(const MethodContext& context, pipeline::Outcome outcome) {
  if (outcome.error) return mcp::error_text(context.request.id, *outcome.error);
  Json& result = outcome.result;
  const bool modern = mcp::has_result_type(context.inbound.revision);
  if (outcome.questions) {
    Json asking{{"resultType", "input_required"}, {"inputRequests", *std::move(outcome.questions)}};
    if (result.contains("_meta")) asking["_meta"] = std::move(result["_meta"]);
    result = std::move(asking);
  } else if (modern) {
    result["resultType"] = "complete";
  } else {
    result.erase("resultType");
  }
  // Only now: adding or erasing a member moves the others.
  Json& extras = result["_meta"];
  if (!extras.is_object()) extras = Json::object();
  extras[request_id_key] = context.request_id;
  const std::string server_info(mcp::meta::server_info);
  if (modern) {
    extras[server_info] = {{"name", "sluice"}, {"version", base::version}};
  } else {
    extras.erase(server_info);
  }
  return mcp::result_text(context.request.id, result);
}

}  // namespace

std::optional<std::string> pointer_inside(const std::optional<std::string>& pointer,
                                          std::string_view prefix) {
  if (!pointer || pointer->substr(0, prefix.size()) != prefix) return std::nullopt;
  std::string rest = pointer->substr(prefix.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  return rest;
}

base::Task<Reply> call_tool(MethodContext& context, const pipeline::Pipeline& calls) {
  mcp::Request& request = context.request;
  const std::string* name = base::find_string(request.params, "name");
  if (name == nullptr) {
    co_return error_reply(200, request, mcp::code::invalid_params, "name must be a string");
  }
  pipeline::Call call;
  call.tool = *name;
  if (const auto given = request.params.find("arguments"); given != request.params.end()) {
    if (!given->is_object()) {
      co_return error_reply(200, request, mcp::code::invalid_params, "arguments must be an object");
    }
    call.arguments = mcp::ToolArguments(std::move(*given));
  }
  call.inexact = pointer_inside(context.inexact, "/params/arguments");
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
  if (auto mismatch = param_mismatch(context, call)) {
    co_return error_reply(400, request, mcp::code::header_mismatch, std::move(*mismatch));
  }
  auto wishes = wishes_of(context);
  if (!wishes) {
    co_return error_reply(200, request, mcp::code::invalid_params, wishes.error().message);
  }
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
  reply.body = finish(context, std::move(outcome));
  co_return reply;
}

}  // namespace gateway
