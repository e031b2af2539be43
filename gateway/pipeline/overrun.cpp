#include "gateway/pipeline/overrun.h"

#include <algorithm>
#include <utility>

namespace gateway::pipeline {
namespace {

using policies::ledger::Charge;
using policies::ledger::Excess;
using policies::ledger::Refusal;

bool knows(const Call& call, const std::string& quota) {
  return std::any_of(call.exceeded.begin(), call.exceeded.end(),
                     [&](const Refusal& refusal) { return refusal.quota == quota; });
}

// A call asks about itself from the slot that it has: it does nothing else meanwhile.
void leave_slots(const Call& lost, std::vector<Charge>& charges) {
  std::erase_if(charges, [&](const Charge& charge) {
    return charge.quota->kind == policies::ledger::Quota::Kind::concurrency &&
           std::ranges::any_of(lost.charges,
                               [&](const Charge& held) { return held.key() == charge.key(); });
  });
}

}  // namespace

std::vector<Charge> charges_of(const Call& call) {
  const policies::Policy& policy = *call.snapshot->policy;
  const std::string& agent = call.principal.agent;
  if (!call.is_tool()) {
    return policy.read_charges(agent, call.primitive, call.server(), call.name(),
                               call.offer->offer->name);
  }
  std::vector<Charge> charges = policy.charges(agent, call.server(), call.name());
  if (call.verifies != nullptr && call.verifies->hold) leave_slots(*call.verifies, charges);
  if (call.grant == nullptr || call.exceeded.empty()) return charges;
  // The question that people agreed to was about these budgets, and about no others.
  for (Charge& charge : charges) {
    const bool agreed = knows(call, charge.quota->id);
    if (agreed && charge.excess == Excess::ask) charge.excess = Excess::allow;
  }
  return charges;
}

base::Task<base::Status> look_at_budgets(Call& call, policies::ledger::Ledger& ledger) {
  std::vector<Charge> asking = charges_of(call);
  std::erase_if(asking, [](const Charge& charge) { return charge.excess != Excess::ask; });
  if (asking.empty()) co_return base::Status();
  auto full = co_await ledger.look(call.principal.tenant, std::move(asking));
  if (!full) co_return full.error();
  call.exceeded = *std::move(full);
  co_return base::Status();
}

bool add_exceeded(Call& call, std::vector<Refusal> exceeded) {
  std::erase_if(exceeded, [&](const Refusal& refusal) { return knows(call, refusal.quota); });
  const bool found = !exceeded.empty();
  std::move(exceeded.begin(), exceeded.end(), std::back_inserter(call.exceeded));
  return found;
}

}  // namespace gateway::pipeline
