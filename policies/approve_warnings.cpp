#include "policies/approve_warnings.h"

#include <set>

#include "policies/approve_reader.h"
#include "policies/role_closure.h"

namespace policies {
namespace {

void warn(const PolicyDocument& document, const std::string& agent, const ApproveRule& rule,
          std::vector<std::string>& warnings) {
  const std::string& owner = document.agents.at(agent).owner;
  std::vector<std::string> asked = rule.by;
  asked.insert(asked.end(), rule.escalate_to.begin(), rule.escalate_to.end());
  std::set<std::string> people = approvers(asked, document.people);
  if (people.erase(owner) == 0 || people.size() >= static_cast<std::size_t>(rule.quorum)) return;
  warnings.push_back(rule.source.file + ":" + std::to_string(rule.source.line) + ": " +
                     rule.source.scope + ": " + rule.source.kind + " " + rule.tools +
                     ": for agent " + agent + " too few may decide: " + owner +
                     " owns it, and the quorum is " + std::to_string(rule.quorum));
}

}  // namespace

std::vector<std::string> approve_warnings(const PolicyDocument& document) {
  std::vector<std::string> warnings;
  for (const auto& [name, agent] : document.agents) {
    const auto warn_all = [&, agent = name](const std::vector<ApproveRule>& rules,
                                            const Quotas& quotas) {
      for (const ApproveRule& rule : rules) warn(document, agent, rule, warnings);
      for (const BudgetRule& budget : quotas.budgets) {
        if (budget.ask) warn(document, agent, *budget.ask, warnings);
      }
    };
    warn_all(document.default_approve, document.default_quotas);
    if (!agent.tenant.empty()) {
      const TenantDocument& tenant = document.tenants.at(agent.tenant);
      warn_all(tenant.approve, tenant.quotas);
    }
    std::set<std::string> roles;
    for (const std::string& role : agent.roles) roles.merge(role_closure(document, role));
    for (const std::string& role : roles) {
      warn_all(document.roles.at(role).approve, document.roles.at(role).quotas);
    }
  }
  return warnings;
}

}  // namespace policies
