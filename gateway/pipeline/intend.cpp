#include <utility>

#include "gateway/pipeline/idempotency_key.h"
#include "gateway/pipeline/record.h"
#include "gateway/pipeline/stages.h"

namespace gateway::pipeline::stages {
namespace {

class Intend final : public Stage {
 public:
  explicit Intend(base::Journal& journal) : journal_(journal) {}

  base::Task<Outcome> handle(Call& call, Next next) override {
    if (!has_intent(call)) return next(call);
    return record(call, next);
  }

 private:
  base::Task<Outcome> record(Call& call, Next next) {
    call.intent = intent_id(call);
    // Whatever may happen is recorded before it can happen (invariant 5).
    std::vector<base::JournalEntry> intent;
    intent.push_back(intent_entry(call));
    if (call.hold) {
      for (auto& entry : call.hold->entries()) intent.push_back(std::move(entry));
    }
    // What a person approved is used up in the same commit: whatever happens then, it is not sent
    // again.
    if (call.grant) {
      for (auto& entry : call.grant->entries(call.intent)) intent.push_back(std::move(entry));
    }
    auto intended = co_await journal_.commit(std::move(intent));
    if (!intended) {
      call.intent.clear();
      co_return store_unavailable(intended.error().message);
    }
    if (call.hold) call.hold->committed();
    if (call.grant) call.grant->committed();
    Outcome outcome = co_await next(call);
    call.on_answer.push_back(outcome_entry(call, outcome));
    co_return outcome;
  }

  base::Journal& journal_;
};

}  // namespace

std::unique_ptr<Stage> intend(base::Journal& journal) { return std::make_unique<Intend>(journal); }

}  // namespace gateway::pipeline::stages
