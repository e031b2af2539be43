#include "runtime/run_state.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "policies/effect.h"
#include "runtime/conversation.h"

namespace runtime {
namespace {

/// After the first, so many more answers with invalid arguments for a tool are taken.
constexpr int most_repairs = 2;
/// After so many answers in a row that broke off the model is given up.
constexpr int most_broken_answers = 3;
/// A call that may be repeated safely is repeated so often.
constexpr std::int64_t most_attempts = 3;

std::string identity_of(const ToolRequest& request) {
  return base::blake2b_hex(request.tool + '\n' + base::dump_json(request.arguments) + '\n' +
                           request.unreadable);
}

bool is_harmless(policies::Effect effect) {
  return effect == policies::Effect::read_only || effect == policies::Effect::idempotent;
}

// Whether nobody knows what became of a call. Of one that was lost before, only an answer tells:
// that a later attempt was not carried out says nothing of the first.
bool is_lost(const CallState& call, const Called& event) {
  if (event.kind == Called::Kind::unknown) return true;
  const bool before = !call.key.empty() || !call.doubt.empty();
  return before && event.kind != Called::Kind::answered;
}

// What was not even begun has no key and no doubt: a refusal of ours would only be repeated with
// it.
bool may_repeat(const Called& event) {
  return is_harmless(event.effect) ||
         (event.effect == policies::Effect::keyed && !event.key.empty()) ||
         (event.effect == policies::Effect::reconcilable && !event.doubt.empty());
}

}  // namespace

std::string_view to_string(RunState::Status status) {
  switch (status) {
    case RunState::Status::running:
      return "running";
    case RunState::Status::paused:
      return "paused";
    case RunState::Status::waiting:
      return "waiting";
    case RunState::Status::ended:
      break;
  }
  return "ended";
}

void RunState::apply(const Event& event) {
  pass_time(event);
  const bool asks = std::holds_alternative<Asked>(event.what);
  if (tells(event.what)) {
    ++told_;
    // What ends a long silence came too late: the context was over before.
    outlived_ = outlived_ || context_expired(now_);
  }
  if (asks) outlived_ = false;
  if (tells(event.what) || asks) last_said_ = now_;
  std::visit([this](const auto& what) { take(what); }, event.what);
}

// A clock that goes back adds nothing, and neither does the time in which no process drove the run.
void RunState::pass_time(const Event& event) {
  if (event.time <= now_) return;
  const auto* called = std::get_if<Called>(&event.what);
  const bool driven = !std::holds_alternative<Recovered>(event.what) &&
                      !std::holds_alternative<Started>(event.what) &&
                      !(called != nullptr && called->reason == gateway_stopped);
  if (driven && working()) active_ += event.time - now_;
  now_ = event.time;
}

bool RunState::working() const { return status() == Status::running; }

RunState::Status RunState::status() const {
  if (phase_ == Phase::ended) return Status::ended;
  if (paused_ || store_lost_) return Status::paused;
  if (phase_ == Phase::thinking) return Status::running;
  const bool wanted = std::ranges::any_of(
      calls_, [](const CallState& call) { return call.phase == CallState::Phase::wanted; });
  return wanted ? Status::running : Status::waiting;
}

std::vector<std::string> RunState::waits_for() const {
  std::vector<std::string> lines;
  if (store_lost_ && phase_ != Phase::ended) lines.push_back("the store, which does not answer");
  if (phase_ != Phase::acting) return lines;
  for (std::size_t at = 0; at < calls_.size(); ++at) {
    const CallState& call = calls_[at];
    if (call.phase == CallState::Phase::approval) {
      lines.push_back("approval " + call.approval + " of " + call.request.tool);
    } else if (call.phase == CallState::Phase::unknown) {
      lines.push_back("a person to say what became of call " + std::to_string(turn_) + "." +
                      std::to_string(at) + ", " + call.request.tool + ": outcome_unknown");
    }
  }
  return lines;
}

std::optional<Ended> RunState::conclusion() const {
  using Status = Ended::Status;
  if (phase_ == Phase::ended) return std::nullopt;
  if (conclusion_) return conclusion_;
  if (cancelled_by_) return Ended{Status::cancelled, "cancelled", "Cancelled by " + *cancelled_by_};
  if (now_ >= started_ + start_.stop.deadline) {
    return Ended{Status::stopped, "deadline", "The run's deadline has passed."};
  }
  if (active_ >= start_.stop.active_time) {
    return Ended{Status::stopped, "active_time", "The run's active time is used up."};
  }
  if (repetition_.stuck()) {
    return Ended{Status::stuck, "repetition",
                 "The model insists on a call that has had the same result every time."};
  }
  if (start_.stop.money >= 0 && spent_ >= start_.stop.money) {
    return Ended{Status::stopped, "money", "The run's money is used up."};
  }
  if (phase_ == Phase::thinking && turn_ >= start_.stop.steps) {
    return Ended{Status::stopped, "steps", "The run has taken all its steps."};
  }
  return std::nullopt;
}

Time RunState::next_limit() const {
  const Time deadline = started_ + start_.stop.deadline;
  if (!working()) return deadline;
  return std::min(deadline, now_ + (start_.stop.active_time - active_));
}

void RunState::take(const Started& event) {
  start_ = event;
  started_ = now_;
  outlived_ = false;
}

void RunState::take(const Asked& event) {
  if (phase_ != Phase::thinking || event.turn != turn_) return;
  asks_ = std::max(asks_, event.attempt + 1);
  dropped_ = event.dropped;
  asked_bytes_ = event.bytes;
  unanswered_ = event.reserved;
}

// An answer that comes when the run has ended is paid for all the same.
void RunState::take(const Answered& event) {
  const bool fits = phase_ == Phase::thinking && event.turn == turn_ && !conclusion_;
  if (!fits && phase_ != Phase::ended) return;
  unanswered_ = 0;
  spent_ += event.cost;
  usage_ += event.usage;
  if (!fits) return;
  broken_answers_ = 0;
  const std::int64_t tokens = event.usage.all_input();
  if (event.usage.reported && tokens > 0 && asked_bytes_ > 0) {
    const double ratio = static_cast<double>(asked_bytes_) / static_cast<double>(tokens);
    bytes_per_token_ = std::clamp(ratio, 1.0, 8.0);
  }
  if (event.summary) {
    dropped_ = summarised_ = turn_;
    return;
  }
  if (event.finish == Finish::refused) {
    conclusion_ = {Ended::Status::failed, "model_refused",
                   event.text.empty() ? "The model declined to answer." : event.text};
    return;
  }
  if (event.calls.empty() && event.finish == Finish::cut_off) {
    conclusion_ = {Ended::Status::failed, "answer_cut_off",
                   "The model's answer reached the bound on its length."};
    return;
  }
  if (event.calls.empty()) {
    conclusion_ = {Ended::Status::done, "", event.text};
    return;
  }
  phase_ = Phase::acting;
  calls_.clear();
  for (const ToolRequest& request : event.calls) {
    CallState call;
    call.request = request;
    call.identity = identity_of(request);
    call.unsent = now_;
    calls_.push_back(std::move(call));
  }
}

void RunState::take(const AskFailed& event) {
  const bool fits = phase_ == Phase::thinking && event.turn == turn_ && !conclusion_;
  if (!fits && phase_ != Phase::ended) return;
  unanswered_ = 0;
  spent_ += event.cost;
  if (!fits) return;
  switch (event.kind) {
    case AskFailed::Kind::model:
      conclusion_ = {Ended::Status::failed, "model", event.text};
      break;
    case AskFailed::Kind::money:
      conclusion_ = {Ended::Status::stopped, "money", event.text};
      break;
    case AskFailed::Kind::budget:
      conclusion_ = {Ended::Status::stopped, "budget", event.text};
      break;
    case AskFailed::Kind::context:
      conclusion_ = {Ended::Status::stopped, "context", event.text};
      break;
    case AskFailed::Kind::broke_off:
      asks_ = std::max(asks_, event.attempt + 1);
      if (++broken_answers_ >= most_broken_answers) {
        conclusion_ = {Ended::Status::failed, "model", event.text};
      }
      break;
  }
}

CallState* RunState::call(std::int64_t turn, std::int64_t index) {
  if (phase_ != Phase::acting || turn != turn_ || index < 0) return nullptr;
  const auto at = static_cast<std::size_t>(index);
  return at < calls_.size() ? &calls_[at] : nullptr;
}

void RunState::take(const Called& event) {
  CallState* const made = call(event.turn, event.index);
  if (made == nullptr || made->phase != CallState::Phase::wanted) return;
  if (made->attempt != event.attempt) return;
  spent_ += event.cost;
  made->audit_id = event.request;
  if (event.kind == Called::Kind::waiting) {
    made->phase = CallState::Phase::approval;
    made->approval = event.approval;
    return;
  }
  if (is_lost(*made, event)) {
    if (made->key.empty()) made->key = event.key;
    if (!event.doubt.empty()) made->doubt = event.doubt;
    if (may_repeat(event) && made->attempt + 1 < most_attempts) {
      ++made->attempt;
      return;
    }
    // A key protects its own call and no other that the model may make instead; what was found out
    // is about one call as well.
    if (!is_harmless(event.effect)) {
      made->phase = CallState::Phase::unknown;
      return;
    }
    // Of no harm whatever happened: the model is told what is known.
  }
  made->phase = CallState::Phase::finished;
  made->invalid = event.reason == "invalid_arguments" || event.reason == "inexact_number";
  if (event.kind == Called::Kind::withheld) {
    repetition_.withheld(made->identity);
  } else {
    repetition_.returned(made->identity, base::blake2b_hex(text_of(event.result)));
  }
  finish_turn_if_done();
}

// A question that was under way may have cost all that was reserved for it. Calls whose intent was
// durable have an event of their own by now; the others were certainly not carried out, or may be
// made again without harm.
void RunState::take(const Recovered&) {
  store_lost_ = false;                      // the new process finds out for itself
  spent_ += std::exchange(unanswered_, 0);  // as the ledger has it: it may have cost that
  if (phase_ != Phase::acting) return;
  for (CallState& call : calls_) {
    if (call.phase == CallState::Phase::wanted) ++call.attempt;
  }
}

void RunState::take(const Paused&) { paused_ = phase_ != Phase::ended; }
void RunState::take(const Resumed&) { paused_ = false; }
void RunState::take(const Cancelled& event) {
  if (!cancelled_by_) cancelled_by_ = event.by;
}

void RunState::take(const Resolved& event) {
  CallState* const made = call(event.turn, event.index);
  if (made == nullptr || made->phase != CallState::Phase::unknown) return;
  if (event.how == Resolved::How::not_done) {
    made->phase = CallState::Phase::wanted;
    made->unsent = now_;
    made->doubt.clear();
    ++made->attempt;
    return;
  }
  made->phase = CallState::Phase::finished;
  finish_turn_if_done();
}

void RunState::take(const Decided& event) {
  for (CallState& call : calls_) {
    if (call.phase != CallState::Phase::approval || call.approval != event.approval) continue;
    call.phase = CallState::Phase::wanted;
    ++call.attempt;
    if (call.key.empty()) call.unsent = now_;
  }
}

void RunState::take(const Ticked&) {}
void RunState::take(const StoreLost&) { store_lost_ = phase_ != Phase::ended; }
void RunState::take(const StoreBack&) { store_lost_ = false; }

void RunState::take(const Ended& event) {
  if (end_) return;
  end_ = event;
  phase_ = Phase::ended;
}

void RunState::finish_turn_if_done() {
  const bool done = std::ranges::all_of(
      calls_, [](const CallState& call) { return call.phase == CallState::Phase::finished; });
  if (!done) return;
  count_invalid_arguments();
  calls_.clear();
  phase_ = Phase::thinking;
  ++turn_;
  asks_ = 0;
}

void RunState::count_invalid_arguments() {
  std::map<std::string, bool> all_invalid;
  for (const CallState& call : calls_) {
    const auto [entry, is_new] = all_invalid.try_emplace(call.request.tool, call.invalid);
    entry->second = entry->second && call.invalid;
  }
  for (const auto& [tool, invalid] : all_invalid) {
    if (!invalid) {
      invalid_.erase(tool);
    } else if (++invalid_[tool] > most_repairs) {
      conclusion_ = {Ended::Status::stuck, "invalid_tool_call",
                     "The model did not mend its arguments for " + tool + " in " +
                         std::to_string(most_repairs) + " attempts."};
    }
  }
}

}  // namespace runtime
