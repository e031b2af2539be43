#include <algorithm>
#include <utility>

#include "gateway/pipeline/idempotency_key.h"
#include "mcp/messages.h"
#include "policies/ledger/money.h"
#include "runtime/run.h"

namespace runtime {
namespace {

using gateway::pipeline::Call;
using gateway::pipeline::Outcome;

constexpr std::chrono::minutes approval_look{1};
constexpr std::chrono::milliseconds look_pause{500};

Called::Kind kind_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::answered:
      return Called::Kind::answered;
    case Outcome::Kind::refused:
      return Called::Kind::refused;
    case Outcome::Kind::failed:
      return Called::Kind::failed;
    case Outcome::Kind::unknown:
      break;
  }
  return Called::Kind::unknown;
}

// The intent of what may have been carried out: of this attempt, or of the one before when this one
// was not even begun. What was refused is refused again, and leaves the matter to a person; so does
// what a person changed before it was sent, of which the run knows what was asked for.
std::string doubt_about(const Call& call, const Outcome& outcome) {
  const bool is_open = outcome.kind == Outcome::Kind::unknown ||
                       (outcome.kind == Outcome::Kind::failed && !call.earlier.empty());
  if (call.effect != policies::Effect::reconcilable || !is_open) return {};
  const bool was_sent = outcome.kind == Outcome::Kind::unknown && !call.intent.empty();
  const bool edited = call.approval && !call.approval->asked.empty();
  if (was_sent && edited) return {};
  return was_sent ? call.intent : call.earlier;
}

Nanos price_of(const Call& call, const tools::CatalogEntry* entry) {
  if (entry == nullptr) return 0;
  return call.snapshot->policy->price_of(entry->server(), entry->tool->name);
}

}  // namespace

Event Run::outcome_event(const Call& call, const CallName& name, const Outcome& outcome) const {
  Called called;
  called.turn = name.turn;
  called.index = name.index;
  called.attempt = name.attempt;
  called.kind = kind_of(outcome);
  called.reason = outcome.reason;
  called.result =
      outcome.error ? mcp::text_content_result(outcome.error->message, true) : outcome.result;
  called.effect = call.effect;
  called.request = call.request_id;
  if (call.is_keyed() && !call.intent.empty()) {
    called.key = gateway::pipeline::idempotency_key(call);
  }
  called.doubt = doubt_about(call, outcome);
  if (outcome.reason == "approval_pending" && call.approval) {
    called.kind = Called::Kind::waiting;
    called.approval = call.approval->id;
  }
  const bool charged =
      called.kind == Called::Kind::answered || called.kind == Called::Kind::unknown;
  // What was found out about an earlier attempt was paid for with that.
  const bool paid = !call.earlier.empty() && call.intent.empty();
  if (charged && !paid) called.cost = price_of(call, call.entry);
  return {s_.clock.now(), std::move(called)};
}

// What a call costs is kept free of the run's own money while it is under way; says so when there
// is no room for it.
std::optional<std::string> Run::too_dear(std::size_t index, const Call& call) {
  const Nanos bound = state_.start().stop.money;
  const auto* entry = call.snapshot->catalog->find(call.asked);
  if (bound < 0 || entry == nullptr) return std::nullopt;
  // Of a tool that its agent may not call a model learns nothing, the price included.
  const auto decision = call.snapshot->policy->decide(call.principal.agent, entry->server(),
                                                      entry->tool->name);
  const Nanos price = decision.listed ? price_of(call, entry) : 0;
  if (price == 0) return std::nullopt;
  Nanos left = bound - state_.spent();
  for (const auto& other : held_) left -= other.second;
  if (price <= left) {
    held_[index] = price;
    return std::nullopt;
  }
  return "This call costs " + policies::ledger::money_text(price) + ", and of the run's money " +
         policies::ledger::money_text(std::max<Nanos>(left, 0)) + " is left. Nothing was sent.";
}

// The way of every call: the same pipeline, the same policy. Its outcome and the run's event of it
// are one commit, so that no crash comes between them.
base::Task<void> Run::call(std::size_t index) {
  const auto self = shared_from_this();
  const CallState& wanted = state_.calls()[index];
  const CallName name = name_of_call(index);
  Call call;
  call.request_id = name.request_id();
  call.snapshot = s_.snapshot.get();
  const policies::Agent* agent = call.snapshot->policy->find_agent(state_.start().agent);
  call.principal = {state_.start().agent, agent ? agent->tenant : std::string(), "run " + id_};
  call.asked = wanted.request.tool;
  call.arguments = mcp::ToolArguments(wanted.request.arguments);
  call.key = wanted.key;
  call.earlier = wanted.doubt;
  call.loop = &loop_;
  call.patience = std::chrono::milliseconds(0);  // a run is parked
  call.received = std::chrono::system_clock::now();
  call.started = std::chrono::steady_clock::now();
  if (auto reason = too_dear(index, call)) {
    const Outcome refused = gateway::pipeline::refused("money", *std::move(reason));
    deliver({outcome_event(call, name, refused).what, {}, {}});
    co_return;
  }
  Event event;
  call.on_outcome = [&](const Outcome& outcome) {
    event = outcome_event(call, name, outcome);
    return entry_of(event);
  };
  const Outcome outcome = co_await s_.calls.run(call);
  if (call.recorded) {
    store_pause_ = {};
    apply(event);
    wake();
    co_return;
  }
  // Nothing was sent because nothing could be recorded: later, the same again.
  if (outcome.reason == "store_unavailable") {
    end_call(index);
    co_return lose_store();
  }
  deliver({outcome_event(call, name, outcome).what, {}, {}});
}

// Whatever was decided, the same call is made again and learns it.
base::Task<void> Run::watch(std::string approval) {
  const auto self = shared_from_this();
  while (!loop_.ending() && !state_.end() && !s_.going.draining) {
    const auto now = co_await s_.approvals.wait(loop_, approval, approval_look, nullptr);
    if (loop_.ending() || s_.going.draining) co_return;
    const bool away = !now && now.error().code == base::Code::unavailable;
    if (away || (now && now->state == policies::approvals::State::pending)) {
      co_await loop_.sleep(look_pause);  // it comes back at once while too many wait
      continue;
    }
    deliver({Decided{approval}, {}, {}});
    co_return;
  }
}

}  // namespace runtime
