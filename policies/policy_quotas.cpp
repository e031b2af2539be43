#include <algorithm>
#include <set>

#include "policies/policy.h"
#include "policies/tool_id.h"

namespace policies {
namespace {

constexpr std::size_t usual_charges = 8;

}  // namespace

std::optional<Effect> Policy::effect_of(std::string_view server, std::string_view tool) const {
  const auto match = effect_patterns_.first_match(tool_id(server, tool));
  if (!match) return std::nullopt;
  return effects_[*match];
}

std::string_view Policy::key_argument_of(std::string_view server, std::string_view tool) const {
  const auto match = effect_patterns_.first_match(tool_id(server, tool));
  return match ? std::string_view(key_arguments_[*match]) : std::string_view();
}

const Verification* Policy::verification_of(std::string_view server, std::string_view tool) const {
  if (!has_verifications_) return nullptr;
  const auto match = effect_patterns_.first_match(tool_id(server, tool));
  return match && verifications_[*match] ? &*verifications_[*match] : nullptr;
}

ledger::Nanos Policy::price_of(std::string_view server, std::string_view tool) const {
  const auto match = price_patterns_.first_match(tool_id(server, tool));
  return match ? prices_[*match] : 0;
}

std::vector<ledger::Charge> Policy::charges(std::string_view agent, std::string_view server,
                                            std::string_view tool) const {
  std::vector<ledger::Charge> charges;
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return charges;
  charges.reserve(usual_charges);
  const std::string id = tool_id(server, tool);
  const QuotaSubject subject{agent, found->second.agent.tenant, server, tool, id};
  const ledger::Nanos price = price_of(server, tool);
  for (const std::size_t scope : found->second.scopes) {
    scopes_[scope].quotas.charge(subject, price, charges);
  }
  for (ledger::Charge& charge : charges) {
    if (charge.quota->asks) charge.excess = ledger::Excess::ask;
  }
  return charges;
}

std::vector<ledger::Charge> Policy::read_charges(std::string_view agent, Primitive primitive,
                                                 std::string_view server, std::string_view name,
                                                 std::string_view listed) const {
  std::vector<ledger::Charge> charges;
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return charges;
  const std::string id = tool_id(server, name);
  // A tool may have the same name, and no blank is in it.
  const std::string counted_as = std::string(to_string(primitive)) + " " + tool_id(server, listed);
  const QuotaSubject subject{agent, found->second.agent.tenant, server, name, id, counted_as};
  for (const std::size_t scope : found->second.scopes) {
    scopes_[scope].quotas.charge(subject, 0, charges);
  }
  return charges;
}

std::vector<ledger::Charge> Policy::money_charges(std::string_view agent, std::string_view server,
                                                  std::string_view name,
                                                  ledger::Nanos amount) const {
  std::vector<ledger::Charge> charges;
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return charges;
  const std::string id = tool_id(server, name);
  const QuotaSubject subject{agent, found->second.agent.tenant, server, name, id};
  for (const std::size_t scope : found->second.scopes) {
    scopes_[scope].quotas.charge(subject, amount, charges);
  }
  std::erase_if(charges, [](const ledger::Charge& charge) {
    return charge.quota->kind != ledger::Quota::Kind::money;
  });
  return charges;
}

std::vector<ledger::Charge> Policy::budgets() const {
  std::vector<ledger::Charge> all;
  for (const std::string& name : agent_names()) {
    const CompiledAgent& agent = agents_.find(name)->second;
    const QuotaSubject subject{name, agent.agent.tenant, {}, {}, {}};
    for (const std::size_t scope : agent.scopes) scopes_[scope].quotas.list_budgets(subject, all);
  }
  std::set<std::string> seen;
  std::erase_if(all,
                [&](const ledger::Charge& bucket) { return !seen.insert(bucket.key()).second; });
  return all;
}

const approvals::Terms* Policy::overrun_terms(std::string_view quota_id) const {
  for (const Scope& scope : scopes_) {
    if (const approvals::Terms* terms = scope.quotas.overrun(quota_id)) return terms;
  }
  return nullptr;
}

const ledger::Quota* Policy::find_quota(std::string_view id) const {
  for (const Scope& scope : scopes_) {
    if (const ledger::Quota* quota = scope.quotas.find(id)) return quota;
  }
  return nullptr;
}

BrokenResult Policy::broken_result_of(std::string_view server, std::string_view tool) const {
  const auto match = output_patterns_.first_match(tool_id(server, tool));
  return match ? broken_results_[*match] : BrokenResult::withhold;
}

}  // namespace policies
