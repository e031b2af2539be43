#include <algorithm>
#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "gateway/pipeline/approval_answer.h"
#include "gateway/pipeline/checks.h"
#include "gateway/pipeline/client_form.h"
#include "gateway/pipeline/overrun.h"
#include "gateway/pipeline/question.h"
#include "gateway/pipeline/stages.h"
#include "mcp/notifications.h"

namespace gateway::pipeline::stages {
namespace {

using base::Code;
using policies::approvals::Approval;
using policies::approvals::Answer;
using policies::approvals::Approvals;
using policies::approvals::State;

constexpr std::chrono::seconds progress_pause{10};

// How many calls wait for people at once, of one question and of all: more are answered at once, so
// that repeating a call does not take the gateway's room for calls.
constexpr std::size_t waiting_per_question = 4;
constexpr std::size_t most_waiting = 1'024;

/// Counts the calls that wait. Thread-safe.
class WaitingRoom {
 public:
  bool enter(const std::string& id) {
    const std::lock_guard lock(mutex_);
    std::size_t& same = waiting_[id];
    if (all_ >= most_waiting || same >= waiting_per_question) {
      if (same == 0) waiting_.erase(id);
      return false;
    }
    ++same, ++all_;
    return true;
  }
  void leave(const std::string& id) {
    const std::lock_guard lock(mutex_);
    --all_;
    if (const auto same = waiting_.find(id); --same->second == 0) waiting_.erase(same);
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, std::size_t> waiting_;
  std::size_t all_ = 0;
};

/// A place in it for as long as this lives, if there was one.
class Place {
 public:
  Place(WaitingRoom& room, std::string id)
      : room_(room), id_(std::move(id)), taken_(room_.enter(id_)) {}
  ~Place() {
    if (taken_) room_.leave(id_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool taken() const { return taken_; }

 private:
  WaitingRoom& room_;
  const std::string id_;
  const bool taken_;
};

class Approve final : public Stage {
 public:
  Approve(Approvals& approvals, const policies::ledger::Clock& clock,
          policies::ledger::Ledger& ledger)
      : approvals_(approvals), clock_(clock), ledger_(ledger) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    // People are asked about tools.
    if (!call.is_tool() || !call.snapshot->policy->may_ask(call.principal.agent)) return next(call);
    return ask(call, next);
  }

 private:
  base::Task<Outcome> ask(Call& call, Next next) {
    policies::approvals::Terms terms = terms_of(call);
    if (!terms.empty()) {
      const auto looked = co_await look_at_budgets(call, ledger_);
      if (!looked) co_return store_unavailable(looked.error().message);
      if (!call.exceeded.empty()) terms = terms_of(call);
    }
    // A budget that asks is found full by the admission, whatever was known before: then the
    // question is about it as well.
    while (true) {
      if (!terms.empty() && call.verifies != nullptr) co_return nobody_asked();
      if (!terms.empty()) {
        auto refusal = co_await get_approval(call, std::move(terms));
        if (refusal) co_return *std::move(refusal);
      }
      Outcome outcome = co_await next(call);
      if (!asks_anew(call, outcome)) {
        if (call.approval) tell_approval(*call.approval, outcome);
        co_return outcome;
      }
      terms = terms_of(call);
    }
  }

  // Its caller does not know of this call, and could not repeat it when somebody has decided.
  static Outcome nobody_asked() {
    return refused("approval_needed",
                   "People would have to be asked about this call, which asks about another one. "
                   "Nothing was sent.");
  }

  // What the call has is no approval of more than it was asked about. One that was edited is told
  // that the budget refused, and asks about both when it is repeated.
  static bool asks_anew(Call& call, Outcome& outcome) {
    const bool edited = call.approval && call.approval->sent;
    if (edited || !add_exceeded(call, std::move(outcome.exceeded))) return false;
    call.grant.reset();
    call.approval.reset();
    return true;
  }

  // Returns why the call does not go on, if it does not.
  base::Task<std::optional<Outcome>> get_approval(Call& call, policies::approvals::Terms terms) {
    const auto patience = call.patience.value_or(terms.wait);
    auto answer = co_await approvals_.ask(question_of(call, std::move(terms)));
    if (!answer) co_return not_asked(answer.error());
    call.approval = use_of(*answer);
    if (answer->is_remembered) co_return std::nullopt;
    Approval approval = std::move(answer->approval);
    std::unique_ptr<ClientPerson::Question> question;
    if (asks_client(call, approval)) {
      auto end = co_await ask_client(call, patience, approval, question);
      if (end) co_return end;
    }
    if (approval.state == State::pending && patience.count() > 0) {
      auto decided = co_await wait(call, approval, patience);
      question.reset();
      if (call.cancelled()) co_return cancelled();
      if (!decided) co_return not_found_again(approval.id, decided.error());
      approval = *std::move(decided);
      call.approval->person = approval.decided_by();
    }
    if (approval.state != State::approved) co_return co_await refuse(call, std::move(approval));
    co_return co_await take(call, std::move(approval));
  }

  static ApprovalUse use_of(const Answer& answer) {
    ApprovalUse use;
    use.id = answer.approval.id;
    use.person = answer.approval.decided_by();
    use.remembered = answer.is_remembered;
    return use;
  }

  static Outcome not_asked(const base::Error& error) {
    if (error.code == Code::limit) return refused("too_many_approvals", error.message);
    return store_unavailable(error.message);
  }

  static Outcome cancelled() {
    return server_failed(Outcome::Kind::failed, "cancelled",
                         "The call was cancelled. Nothing was sent.");
  }

  // What somebody edited is not what its client knows.
  static bool asks_client(const Call& call, const Approval& approval) {
    if (call.client_person == nullptr || approval.state != State::pending) return false;
    const auto person = client_of(call);
    return approval.asks(person) && !approval.has_vote_of(person.person) && !approval.edited &&
           fits_form(approval);
  }

  static policies::approvals::Decider client_of(const Call& call) {
    return policies::approvals::person_at_client(call.principal.agent, call.principal.credential);
  }

  // Takes what the person at the client has said, or asks them: by `question` while the call waits, or
  // by the outcome that this returns.
  base::Task<std::optional<Outcome>> ask_client(
      Call& call, std::chrono::milliseconds patience, Approval& approval,
      std::unique_ptr<ClientPerson::Question>& question) {
    using Word = ClientPerson::Word;
    const auto word = call.client_person->word_on(approval);
    if (!word) co_return no_answer(approval.id, word.error().message);
    if (*word == Word::none && call.client_person->repeats_call()) {
      co_return asked_at_client(approval, call.exceeded, clock_.wall());
    }
    if (*word == Word::none && patience.count() > 0) question = call.client_person->put(approval);
    if (*word == Word::none || *word == Word::dismisses) co_return std::nullopt;
    policies::approvals::Decision decision;
    decision.decider = client_of(call);
    decision.approves = *word == Word::approves;
    auto decided = co_await approvals_.decide(approval.id, std::move(decision));
    // Whoever came first has decided.
    if (!decided) decided = co_await approvals_.find(approval.id);
    if (!decided) co_return not_found_again(approval.id, decided.error());
    approval = *std::move(decided);
    call.approval->person = approval.decided_by();
    co_return std::nullopt;
  }

  static Outcome no_answer(const std::string& id, const std::string& sentence) {
    Outcome outcome = refused("approval_pending", {}, id);
    outcome.error = mcp::RpcError{mcp::code::invalid_params, sentence, {}};
    return outcome;
  }

  // In turns, between which a caller that wants to know hears that it still waits.
  base::Task<base::Result<Approval>> wait(Call& call, Approval approval,
                                          std::chrono::milliseconds patience) {
    const Place place(room_, approval.id);
    if (!place.taken()) co_return approval;
    const auto end = std::chrono::steady_clock::now() + patience;
    for (int turn = 1;; ++turn) {
      tell_waiting(call, approval, turn);
      const auto turn_end = std::min(end, std::chrono::steady_clock::now() + progress_pause);
      const auto longest = std::chrono::ceil<std::chrono::milliseconds>(
          turn_end - std::chrono::steady_clock::now());
      auto seen = co_await approvals_.wait(*call.loop, approval.id, longest, call.cancellation);
      const auto now = std::chrono::steady_clock::now();
      // A turn that ended early was ended: nobody waits any more.
      if (!seen || seen->state != State::pending || now < turn_end || now >= end) co_return seen;
      approval = *std::move(seen);
    }
  }

  // The numbers must grow, and those of the server come later.
  static void tell_waiting(Call& call, const Approval& approval, int turn) {
    if (call.events == nullptr || !call.progress) return;
    mcp::Notification notification{
        std::string(mcp::notice::progress),
        {{"progress", turn * 1e-6},
         {"message", waiting_text(approval)}}};
    call.events->notify(std::move(notification), 0);
  }

  static Outcome not_found_again(const std::string& id, const base::Error& error) {
    return error.code == Code::unavailable ? store_unavailable(error.message) : no_longer(id);
  }

  static Outcome no_longer(const std::string& id) {
    return not_usable(id, "approval_used", "Approval " + id + " was used by another call.");
  }

  // That nobody decided is said once: whoever repeats the call then asks again.
  base::Task<Outcome> refuse(const Call& call, Approval approval) {
    if (approval.state == State::expired) {
      auto ended = co_await approvals_.end(approval.id, "its call was told");
      if (!ended) co_return store_unavailable(ended.error().message);
    }
    co_return not_approved(approval, call.exceeded, clock_.wall());
  }

  // Takes the one use; of an edited call after checking it again, so that what no longer holds is
  // ended and not taken.
  base::Task<std::optional<Outcome>> take(Call& call, Approval approval) {
    const mcp::ToolArguments asked = call.arguments;
    if (approval.edited) {
      if (auto refusal = take_edit(call, approval)) {
        auto ended = co_await approvals_.end(approval.id, "its edit does not hold any more");
        if (!ended) co_return store_unavailable(ended.error().message);
        co_return refusal;
      }
    }
    auto grant = co_await approvals_.claim(approval.id, call.request_id);
    if (!grant) {
      call.arguments = asked;
      call.approval->sent.reset();
      call.approval->asked.clear();
      const bool used = grant.error().code == Code::refused;
      co_return used ? not_usable(approval.id, "approval_used", grant.error().message)
                     : not_found_again(approval.id, grant.error());
    }
    call.grant = *std::move(grant);
    co_return std::nullopt;
  }

  // What is sent was checked as what a caller asks for is, and is what the person saw.
  static std::optional<Outcome> take_edit(Call& call, const Approval& approval) {
    auto arguments = base::parse_json(*approval.edited);
    if (!arguments) return no_longer(approval.id);
    call.approval->asked = call.arguments.text();
    call.approval->sent = arguments->value;
    call.arguments = mcp::ToolArguments(std::move(arguments->value));
    if (auto refusal = authorize_call(call)) return refusal;
    if (auto refusal = validate_call(call)) return refusal;
    if (fingerprint(question_of(call, terms_of(call))) == approval.edited_print) {
      return std::nullopt;
    }
    return not_usable(approval.id, "approval_void",
                      "Approval " + approval.id +
                          " does not hold any more: rules changed since it was edited.");
  }

  Approvals& approvals_;
  const policies::ledger::Clock& clock_;
  policies::ledger::Ledger& ledger_;
  WaitingRoom room_;
};

}  // namespace

std::unique_ptr<Stage> approve(Approvals& approvals, const policies::ledger::Clock& clock,
                               policies::ledger::Ledger& ledger) {
  return std::make_unique<Approve>(approvals, clock, ledger);
}

}  // namespace gateway::pipeline::stages
