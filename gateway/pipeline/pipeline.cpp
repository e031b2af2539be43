#include "gateway/pipeline/pipeline.h"

#include <utility>

#include "gateway/pipeline/overrun.h"
#include "gateway/pipeline/question.h"
#include "gateway/pipeline/quota_refusal.h"
#include "mcp/messages.h"

namespace gateway::pipeline {
namespace {

std::string price_of(const Call& call) {
  const auto& policy = *call.snapshot->policy;
  const auto price = policy.price_of(call.entry->server(), call.entry->tool->name);
  if (price == 0) return {};
  return " It costs " + policies::ledger::money_text(price) + " " + policy.currency() + ".";
}

std::string approvers_of(const Call& call) {
  std::string text;
  for (const auto& clause : terms_of(call).clauses) {
    for (const std::string& name : clause.by) text += (text.empty() ? "" : ", ") + name;
    if (clause.client) text += (text.empty() ? "" : ", ") + std::string("the person at the client");
  }
  return text.empty() ? text : " It waits for the approval of " + text + ".";
}

// `allowed by …` begins a sentence.
std::string capital(std::string text) {
  if (!text.empty() && text.front() == 'a') text.front() = 'A';
  return text;
}

std::string budgets_of(const Call& call) {
  std::string text;
  for (const auto& full : call.exceeded) text += " " + budget_text(full);
  return text;
}

class StopHere final : public Stage {
 public:
  explicit StopHere(policies::ledger::Ledger& ledger) : ledger_(ledger) {}

  base::Task<Outcome> handle(Call& call, Next) override {
    if (auto looked = co_await look_at_budgets(call, ledger_); !looked) {
      co_return store_unavailable(looked.error().message);
    }
    Outcome outcome;
    outcome.kind = Outcome::Kind::answered;
    outcome.result =
        mcp::text_content_result(capital(call.decision) + "." + budgets_of(call) +
                                     approvers_of(call) + price_of(call) + " Nothing was sent.",
                                 false);
    co_return outcome;
  }

 private:
  policies::ledger::Ledger& ledger_;
};

}  // namespace

// Read top to bottom: this is what happens to every tools/call. Its outcome comes back up the same
// way.
Pipeline call_pipeline(const Dependencies& d) {
  Stages stages;
  stages.push_back(stages::audit(d.journal));  // outermost: sees every outcome, refusals included
  stages.push_back(stages::observe(d.log, d.metrics));    // the same outcome, for operators
  stages.push_back(stages::resolve());         // name → server and tool
  stages.push_back(stages::authorize());  // → Permit; before validate: a stranger learns no schema
  stages.push_back(stages::validate());   // a malformed call costs no quota
  // A call of a run that a crash cut off. Before approve: what was done needs nobody's word.
  stages.push_back(stages::look_back(d.clock));
  // While a person decides, no slot and no money is held. A budget that asks is found full further
  // down, and the question comes back up to here.
  stages.push_back(stages::approve(d.approvals, d.clock, d.ledger));
  stages.push_back(stages::filter(d.limits));  // on the way up: sees the result before anybody else
  // rate and reserve in one: with nothing to wait for in between, rates, slots and budgets are one
  // atomic admission (design §2.6).
  stages.push_back(stages::reserve(d.ledger));
  stages.push_back(stages::intend(d.journal));       // durable before the first byte leaves
  // Inside intend and reserve: whatever it finds out, there is one outcome, and what the call holds
  // is settled once.
  stages.push_back(stages::reconcile(d.journal, d.clock));
  stages.push_back(stages::dispatch(d.dispatcher));  // the only stage that sends
  return Pipeline(std::move(stages));
}

Pipeline dry_run_pipeline(policies::ledger::Ledger& ledger) {
  Stages stages;
  stages.push_back(stages::resolve());
  stages.push_back(stages::authorize());
  stages.push_back(stages::validate());
  stages.push_back(std::make_unique<StopHere>(ledger));
  return Pipeline(std::move(stages));
}

}  // namespace gateway::pipeline
