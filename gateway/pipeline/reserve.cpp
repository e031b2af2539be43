#include <utility>

#include "gateway/pipeline/overrun.h"
#include "gateway/pipeline/quota_refusal.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

using policies::ledger::Fate;

// What was certainly not carried out is given back; what may have been is charged.
Fate fate_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::answered:
      return Fate::settled;
    case Outcome::Kind::refused:
    case Outcome::Kind::failed:
      return Fate::cancelled;
    case Outcome::Kind::unknown:
      break;
  }
  return Fate::unknown;
}

class Reserve final : public Stage {
 public:
  explicit Reserve(policies::ledger::Ledger& ledger) : ledger_(ledger) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    call.charges = charges_of(call);
    if (call.charges.empty()) return next(call);
    return admit(call, next);
  }

 private:
  base::Task<Outcome> admit(Call& call, Next next) {
    policies::ledger::Admission admission{call.principal.tenant, call.request_id, call.charges,
                                          has_intent(call)};
    auto verdict = co_await ledger_.admit(std::move(admission));
    if (!verdict) co_return store_unavailable(verdict.error().message);
    if (auto* refusal = std::get_if<policies::ledger::Refusal>(&*verdict)) {
      co_return quota_refused(std::move(*refusal));
    }
    if (auto* exceeded = std::get_if<policies::ledger::Exceeded>(&*verdict)) {
      // Refused, unless the stage that asks people sees it.
      Outcome outcome = quota_refused(exceeded->budgets.front());
      outcome.exceeded = std::move(exceeded->budgets);
      co_return outcome;
    }
    call.hold = std::get<std::unique_ptr<policies::ledger::Hold>>(std::move(*verdict));
    Outcome outcome = co_await next(call);
    call.fate = fate_of(outcome.kind);
    for (base::JournalEntry& entry : call.hold->resolve(*call.fate)) {
      call.on_answer.push_back(std::move(entry));
    }
    co_return outcome;
  }

  policies::ledger::Ledger& ledger_;
};

}  // namespace

std::unique_ptr<Stage> reserve(policies::ledger::Ledger& ledger) {
  return std::make_unique<Reserve>(ledger);
}

}  // namespace gateway::pipeline::stages
