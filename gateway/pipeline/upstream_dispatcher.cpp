#include "gateway/pipeline/upstream_dispatcher.h"

#include <optional>
#include <utility>

#include "gateway/pipeline/idempotency_key.h"
#include "tools/jitter.h"

namespace gateway::pipeline {
namespace {

using base::Code;

constexpr unsigned most_tries = 2;
constexpr std::chrono::milliseconds longest_pause{100};

/// One try of a call, and how far it got.
struct Try {
  base::Result<ServerAnswer> answer;
  bool sent = false;     ///< a byte of it may have left
  bool relayed = false;  ///< the caller has heard something of it
};

// Below us a repetition leaves no trace, and what a lost answer means for a keyed call must be
// known.
bool is_free_to_repeat(const Call& call) {
  return call.effect == policies::Effect::read_only || call.effect == policies::Effect::idempotent;
}

bool is_safe_to_repeat(const Call& call) { return is_free_to_repeat(call) || call.is_keyed(); }

// Whether another try may help, and can do no harm: nothing was sent, or the call may be carried
// out twice. A time-out is none: its caller has waited long enough. A session that ended is no
// failure, and counts for nothing.
bool may_try_again(tools::Upstream& upstream, const Call& call, const Try& tried) {
  if (call.cancelled() || tried.relayed) return false;
  const Code code = tried.answer.error().code;
  if (!tried.sent && code == Code::unavailable) return upstream.may_repeat();
  if (!is_safe_to_repeat(call)) return false;
  return code == Code::not_found || (code == Code::broken && upstream.may_repeat());
}

// Whether something may have happened that no later try can undo. What only reads never does.
bool leaves_doubt(const Call& call, const base::Error& failure) {
  return policies::needs_intent(call.effect) && !not_carried_out(failure.code);
}

mcp::CallOptions options_of(const Call& call) {
  mcp::CallOptions options;
  options.repeatable = is_free_to_repeat(call);
  options.cancellation = call.cancellation;
  if (call.events != nullptr) {
    options.progress = call.progress;
    options.log_level = call.log_level;
  }
  return options;
}

base::Task<Try> try_once(tools::Upstream& upstream, const policies::Permit& permit,
                         const Call& call, const mcp::ToolArguments& arguments) {
  static const std::vector<mcp::ParamHeader> no_headers;
  const auto& headers = call.is_tool() ? call.entry->tool->param_headers : no_headers;
  const mcp::ServerCall outgoing{tools::method_of(call.primitive), call.name(), arguments, headers,
                                 options_of(call)};
  auto exchange = co_await upstream.call(*call.loop, permit, call.session, outgoing);
  if (!exchange) co_return Try{exchange.error(), exchange.error().code != Code::unavailable};
  bool relayed = false;
  while (true) {
    auto message = co_await (*exchange)->next();
    if (!message) co_return Try{message.error(), true, relayed};
    if (auto* response = std::get_if<mcp::Response>(&*message)) {
      if (response->error) response->error->message = upstream.shown(response->error->message);
      co_return Try{ServerAnswer{std::move(*response), (*exchange)->size()}, true, relayed};
    }
    auto* notification = std::get_if<mcp::Notification>(&*message);
    if (notification != nullptr && call.events != nullptr) {
      relayed = true;
      call.events->notify(std::move(*notification), (*exchange)->size());
    }
  }
}

}  // namespace

base::Task<base::Result<ServerAnswer>> UpstreamDispatcher::send(const policies::Permit& permit,
                                                                const Call& call) {
  tools::Upstream* upstream = call.snapshot->upstreams->find(permit.server());
  if (upstream == nullptr) {
    co_return base::Error{Code::unavailable, tools::not_configured, {}};
  }
  std::optional<mcp::ToolArguments> keyed;
  if (call.is_keyed()) keyed.emplace(keyed_arguments(call));
  const tools::Upstream::Use use(*upstream);
  std::optional<base::Error> lost;
  for (unsigned tries = 1;; ++tries) {
    if (upstream->settling()) co_await upstream->settle(*call.loop, call.cancellation);
    if (call.cancelled()) {
      co_return lost.value_or(base::Error{Code::unavailable, "the call was cancelled", {}});
    }
    if (auto refusal = upstream->refuse()) co_return lost ? *lost : std::move(*refusal);
    const auto start = std::chrono::steady_clock::now();
    Try tried = co_await try_once(*upstream, permit, call, keyed ? *keyed : call.arguments);
    if (tried.answer) {
      upstream->note_answer();
      tried.answer->after_loss = lost.has_value();
      co_return std::move(tried.answer);
    }
    const base::Error& failure = tried.answer.error();
    upstream->note_failure(failure, std::chrono::steady_clock::now() - start);
    bool again = tries < most_tries && may_try_again(*upstream, call, tried);
    if (again) again = co_await call.loop->sleep(tools::with_jitter(longest_pause));
    base::Error told{failure.code, upstream->shown(failure.message),
                     upstream->shown(failure.detail)};
    if (!again && lost && not_carried_out(told.code)) told = *std::move(lost);
    if (!again) co_return told;
    if (leaves_doubt(call, told)) lost = std::move(told);
  }
}

}  // namespace gateway::pipeline
