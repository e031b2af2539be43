#include "policies/policy_warnings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policies/approve_warnings.h"
#include "policies/glob.h"
#include "policies/role_closure.h"
#include "policies/rule_warnings.h"
#include "policies/verify_warnings.h"

namespace policies {
namespace {

bool is_tool(const std::string& pattern) { return pattern.find('*') == std::string::npos; }

// Whether something under `pattern` has a price. Two patterns that only overlap count as covered:
// the tools that there will be are not known here.
bool has_price(const PolicyDocument& document, const std::string& pattern) {
  const Glob glob(pattern);
  return std::any_of(document.tools.begin(), document.tools.end(), [&](const ToolSettings& tool) {
    return tool.price && (Glob(tool.pattern).matches(pattern) || glob.matches(tool.pattern));
  });
}

// The tools and patterns that the policy names for holders of a budget: what the role allows with
// what it includes, or all roles when the budget is everybody's.
std::set<std::string> allowed_by(const PolicyDocument& document, const std::string& role) {
  std::set<std::string> patterns, roles;
  if (!role.empty()) roles = role_closure(document, role);
  for (const auto& [name, rules] : document.roles) {
    if (!role.empty() && !roles.contains(name)) continue;
    for (const Rule& rule : rules.allow) patterns.insert(rule.pattern);
  }
  return patterns;
}

void warn(const PolicyDocument& document, const Quotas& quotas, const std::string& role,
          std::vector<std::string>& warnings) {
  for (const BudgetRule& budget : quotas.budgets) {
    if (!budget.money) continue;
    const Glob tools(budget.tools);
    for (const std::string& pattern : allowed_by(document, role)) {
      if (!tools.matches(pattern) || has_price(document, pattern)) continue;
      warnings.push_back(budget.source.file + ":" + std::to_string(budget.source.line) + ": " +
                         budget.source.scope + " has a budget of money, but " +
                         (is_tool(pattern) ? "the tool " + pattern + " has no price"
                                           : "nothing under " + pattern + " has a price") +
                         ": its calls cost nothing");
    }
  }
}

}  // namespace

std::vector<std::string> policy_warnings(const PolicyDocument& document,
                                         const std::vector<std::string>& servers) {
  std::vector<std::string> warnings = rule_warnings(document, servers);
  warn(document, document.default_quotas, "", warnings);
  for (const auto& tenant : document.tenants) warn(document, tenant.second.quotas, "", warnings);
  for (const auto& [name, role] : document.roles) warn(document, role.quotas, name, warnings);
  for (std::string& warning : approve_warnings(document)) warnings.push_back(std::move(warning));
  for (std::string& warning : verify_warnings(document, servers)) {
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace policies
