#include <utility>

#include "gateway/pipeline/idempotency_key.h"
#include "gateway/pipeline/inquiry.h"
#include "gateway/pipeline/record.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

using policies::CarriedOut;

/// A call that was certainly not carried out is sent so often again.
constexpr int most_repeats = 1;

class Reconcile final : public Stage {
 public:
  Reconcile(base::Journal& journal, const policies::ledger::Clock& clock)
      : journal_(journal), clock_(clock) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    if (call.verification() == nullptr) return next(call);
    return reconcile(call, next);
  }

 private:
  // Whoever has cancelled the call wants neither an answer nor that it is sent again.
  base::Task<Outcome> reconcile(Call& call, Next next) {
    Outcome outcome = co_await next(call);
    while (outcome.kind == Outcome::Kind::unknown && !call.cancelled()) {
      Inquiry inquiry = co_await inquire(call, next, clock_);
      if (inquiry.found.answer == CarriedOut::yes) co_return carried_out(call, std::move(inquiry));
      outcome = still_unknown(std::move(outcome), inquiry);
      const bool again = inquiry.found.answer == CarriedOut::no && call.repeats < most_repeats &&
                         !call.cancelled() && !call.loop->ending();
      if (!again) co_return outcome;
      const bool recorded = co_await open_again(call, outcome);
      if (!recorded) co_return outcome;
      Outcome repeated = co_await next(call);
      // That this attempt was turned away says nothing of the one before.
      const bool tells =
          repeated.kind == Outcome::Kind::answered || repeated.kind == Outcome::Kind::unknown;
      if (!tells) co_return outcome;
      repeated.verified = std::move(outcome.verified);
      outcome = std::move(repeated);
    }
    co_return outcome;
  }

  // A call is sent once for each intent (invariant 5): what became of the last and that there is
  // another one is durable before anything leaves. What the call holds goes on to it.
  base::Task<bool> open_again(Call& call, const Outcome& outcome) {
    std::vector<base::JournalEntry> entries;
    entries.push_back(outcome_entry(call, outcome));
    const std::string former = call.intent;
    ++call.repeats;
    call.intent = intent_id(call);
    entries.push_back(intent_entry(call));
    auto recorded = co_await journal_.commit(std::move(entries));
    if (!recorded) {
      --call.repeats;
      call.intent = former;
    }
    co_return recorded.ok();
  }

  base::Journal& journal_;
  const policies::ledger::Clock& clock_;
};

}  // namespace

std::unique_ptr<Stage> reconcile(base::Journal& journal, const policies::ledger::Clock& clock) {
  return std::make_unique<Reconcile>(journal, clock);
}

}  // namespace gateway::pipeline::stages
