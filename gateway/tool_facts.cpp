#include "gateway/tool_facts.h"

#include "policies/ledger/money.h"

namespace gateway {
namespace {

using base::Json;

Json access_facts(const policies::Policy& policy, const tools::CatalogEntry& entry,
                  const std::string& agent) {
  const std::string& server = entry.server();
  const std::string& tool = entry.tool->name;
  const policies::Decision decision = policy.decide(agent, server, tool);
  Json facts{{"agent", agent},
             {"listed", decision.listed},
             {"reason", decision.reason},
             {"access", policy.access_text(agent, server, tool)}};
  if (decision.source) {
    facts["rule"] = {{"scope", decision.source->scope},
                     {"kind", decision.source->kind},
                     {"pattern", decision.source->pattern},
                     {"file", decision.source->file},
                     {"line", decision.source->line}};
  }
  Json quotas = Json::array();
  for (const auto& charge : policy.charges(agent, server, tool)) {
    quotas.push_back(charge.quota->name);
  }
  facts["counts"] = std::move(quotas);
  return facts;
}

}  // namespace

Json tool_facts(const pipeline::Snapshot& snapshot, const tools::CatalogEntry& entry) {
  Json facts{{"tool", entry.id()},
             {"exported", entry.exported},
             {"effect", policies::to_string(snapshot.effect_of(entry))},
             {"definition", entry.tool->definition_hash}};
  if (!entry.key_argument.empty()) facts["key_argument"] = entry.key_argument;
  const auto* verify = snapshot.policy->verification_of(entry.server(), entry.tool->name);
  if (verify != nullptr) facts["verified_by"] = verify->id();
  if (!entry.quarantine.empty()) facts["quarantine"] = entry.quarantine;
  return facts;
}

Json tool_details(const pipeline::Snapshot& snapshot, const tools::CatalogEntry& entry,
                  const std::string& agent) {
  const policies::Policy& policy = *snapshot.policy;
  Json facts = tool_facts(snapshot, entry);
  const auto price = policy.price_of(entry.server(), entry.tool->name);
  if (price > 0) facts["price"] = policies::ledger::money_text(price) + " " + policy.currency();
  if (!agent.empty()) facts["for"] = access_facts(policy, entry, agent);
  facts["written"] = entry.tool->definition;
  return facts;
}

}  // namespace gateway
