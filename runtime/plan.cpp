#include "runtime/plan.h"

#include <string>
#include <utility>

#include "mcp/messages.h"

namespace runtime {
namespace {

using Phase = CallState::Phase;

/// Calls of one run at once; what else limits them is policy.
constexpr std::size_t most_in_parallel = 16;

Called answer_here(const RunState& state, std::size_t index, Called::Kind kind, std::string reason,
                   std::string text) {
  Called called;
  called.turn = state.turn();
  called.index = static_cast<std::int64_t>(index);
  called.attempt = state.calls()[index].attempt;
  called.kind = kind;
  called.reason = std::move(reason);
  called.result = mcp::text_content_result(std::move(text), true);
  return called;
}

// Equal calls of one answer are made one after the other, so that it shows whether they circle.
bool waits_for_its_like(const RunState& state, std::size_t index) {
  for (std::size_t before = 0; before < index; ++before) {
    const CallState& other = state.calls()[before];
    const bool open = other.phase != Phase::finished;
    if (open && other.identity == state.calls()[index].identity) return true;
  }
  return false;
}

void plan_call(const RunState& state, std::size_t index, Plan& plan) {
  const CallState& call = state.calls()[index];
  if (!call.request.unreadable.empty()) {
    plan.record.push_back(answer_here(state, index, Called::Kind::refused, "invalid_arguments",
                                      call.request.unreadable));
  } else if (call.key_expired(state.now())) {
    plan.record.push_back(answer_here(
        state, index, Called::Kind::unknown, "key_expired",
        "The call may have been carried out. It is not repeated: its idempotency key is too old."));
  } else if (state.repetition().circles(call.identity)) {
    plan.record.push_back(answer_here(
        state, index, Called::Kind::withheld, "repetition",
        "Not sent: this call was made " + std::to_string(Repetition::most_sent) +
            " times and had the same result each time. Its result will not change; go on "
            "differently."));
  } else {
    plan.calls.push_back(index);
  }
}

void plan_calls(const RunState& state, const InFlight& in_flight, Plan& plan) {
  for (std::size_t index = 0; index < state.calls().size(); ++index) {
    const bool open = state.calls()[index].phase == Phase::wanted;
    if (!open || in_flight.calls.contains(index) || waits_for_its_like(state, index)) continue;
    if (in_flight.calls.size() + plan.calls.size() >= most_in_parallel) return;
    plan_call(state, index, plan);
  }
}

}  // namespace

Plan plan(const RunState& state, const InFlight& in_flight) {
  Plan plan;
  if (state.phase() == RunState::Phase::ended) return plan;
  if (auto end = state.conclusion()) {
    // What was sent is waited for: its outcome belongs to the run.
    if (in_flight.calls.empty()) plan.record.push_back(*std::move(end));
    return plan;
  }
  plan.wake = state.next_limit();
  if (state.paused() || state.store_lost()) return plan;
  if (state.phase() == RunState::Phase::thinking) {
    plan.ask_model = !in_flight.model;
  } else {
    plan_calls(state, in_flight, plan);
  }
  return plan;
}

}  // namespace runtime
