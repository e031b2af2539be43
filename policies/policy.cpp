#include "policies/policy.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policies/policy_version.h"

namespace policies {
namespace {

/// Indices of scopes by the roles' names.
using RoleScopes = std::map<std::string, std::size_t>;

/// `role reader: allow files/read_* (policy.yaml:12)`.
std::string rule_text(const Rule& rule) {
  const RuleSource& source = rule.source;
  const std::string place =
      source.line > 0 ? source.file + ":" + std::to_string(source.line) : source.file;
  return source.scope + ": " + source.kind + " " + source.pattern +
         (rule.arguments ? " with arguments (" : " (") + place + ")";
}

/// The agent's roles and all that they include, each once, an including role before what it
/// includes. False when one does not exist.
bool collect_roles(const PolicyDocument& document, const RoleScopes& roles,
                   const AgentDocument& agent, std::vector<std::size_t>& scopes) {
  std::set<std::size_t> seen;
  std::vector<std::string> waiting(agent.roles.rbegin(), agent.roles.rend());
  while (!waiting.empty()) {
    const auto role = roles.find(waiting.back());
    waiting.pop_back();
    if (role == roles.end()) return false;
    if (!seen.insert(role->second).second) continue;
    scopes.push_back(role->second);
    const auto& includes = document.roles.at(role->first).includes;
    waiting.insert(waiting.end(), includes.rbegin(), includes.rend());
  }
  return true;
}

}  // namespace

Policy::Policy(PolicyDocument document)
    : currency_(document.currency), version_(policy_version(document)) {
  add_agents(document);
  add_tools(document.tools);
  for (const auto& [name, view] : document.views) {
    GlobList& shown = views_[name];
    for (const Rule& rule : view.tools) shown.add(rule.pattern);
  }
  for (const auto& [name, person] : document.people) {
    people_.emplace(name, Person{name, person.groups, person.may_approve});
    for (const std::string& login : person.login) logins_.emplace(login, name);
  }
}

void Policy::add_tools(const std::vector<ToolSettings>& tools) {
  for (const ToolSettings& tool : tools) {
    if (tool.effect) {
      effect_patterns_.add(tool.pattern);
      effects_.push_back(*tool.effect);
      key_arguments_.push_back(tool.key_argument);
      has_keys_ = has_keys_ || !tool.key_argument.empty();
      verifications_.push_back(tool.verify);
      has_verifications_ = has_verifications_ || tool.verify;
    }
    if (tool.price) {
      price_patterns_.add(tool.pattern);
      prices_.push_back(*tool.price);
    }
    if (tool.broken_result) {
      output_patterns_.add(tool.pattern);
      broken_results_.push_back(*tool.broken_result);
    }
  }
}

Policy::Rules Policy::compile(const std::vector<Rule>& rules) {
  Rules compiled;
  for (const Rule& rule : rules) {
    if (rule.arguments) {
      compiled.constrained.add(rule, rule_text(rule));
      continue;
    }
    compiled.globs.add(rule.pattern);
    compiled.sources.push_back(rule.source);
    compiled.texts.push_back(rule_text(rule));
  }
  return compiled;
}

std::size_t Policy::add_scope(const std::vector<Rule>& deny, const std::vector<Rule>& allow,
                              const std::vector<ApproveRule>& approve, ScopeQuotas quotas) {
  scopes_.push_back(
      {compile(deny), compile(allow), {}, {}, ApproveRules(approve), std::move(quotas), {}});
  return scopes_.size() - 1;
}

void Policy::add_agents(const PolicyDocument& document) {
  const std::size_t defaults =
      add_scope(document.default_deny, {}, document.default_approve,
                ScopeQuotas(document.default_quotas, "defaults", "", document));
  std::map<std::string, std::size_t> tenants;
  for (const auto& [name, tenant] : document.tenants) {
    tenants[name] = add_scope(tenant.deny, {}, tenant.approve,
                              ScopeQuotas(tenant.quotas, "tenant", name, document));
  }
  RoleScopes roles;
  for (const auto& [name, role] : document.roles) {
    roles[name] = add_scope(role.deny, role.allow, role.approve,
                            ScopeQuotas(role.quotas, "role", name, document));
    Scope& scope = scopes_[roles[name]];
    scope.start = role.start;
    scope.resources = compile(role.resources);
    scope.prompts = compile(role.prompts);
  }

  for (const auto& [name, agent] : document.agents) {
    CompiledAgent compiled{
        {name, agent.tenant, agent.roles, agent.owner}, {defaults}, false, false};
    const auto tenant = tenants.find(agent.tenant);
    if (tenant != tenants.end()) compiled.scopes.push_back(tenant->second);
    const bool known_tenant = agent.tenant.empty() || tenant != tenants.end();
    // A document that names what it does not hold may have lost a deny: its agent is allowed
    // nothing.
    if (!known_tenant || !collect_roles(document, roles, agent, compiled.scopes)) {
      compiled.scopes.clear();
    }
    compiled.constrained =
        std::any_of(compiled.scopes.begin(), compiled.scopes.end(), [this](std::size_t scope) {
          const Scope& rules = scopes_[scope];
          return !rules.deny.constrained.empty() || !rules.allow.constrained.empty();
        });
    compiled.asks =
        std::any_of(compiled.scopes.begin(), compiled.scopes.end(),
                    [this](std::size_t scope) {
                      return !scopes_[scope].approve.empty() || scopes_[scope].quotas.asks();
                    });
    agents_.emplace(name, std::move(compiled));
  }
}

const Person* Policy::find_person(std::string_view login) const {
  const auto found = logins_.find(login);
  return found == logins_.end() ? nullptr : person_named(found->second);
}

const Person* Policy::person_named(std::string_view name) const {
  const auto found = people_.find(name);
  return found == people_.end() ? nullptr : &found->second;
}

std::vector<std::string> Policy::logins() const {
  std::vector<std::string> logins;
  for (const auto& login : logins_) logins.push_back(login.first);
  return logins;
}

const Agent* Policy::find_agent(std::string_view name) const {
  const auto found = agents_.find(name);
  return found == agents_.end() ? nullptr : &found->second.agent;
}

std::vector<std::string> Policy::agent_names() const {
  std::vector<std::string> names;
  for (const auto& entry : agents_) names.push_back(entry.first);
  std::sort(names.begin(), names.end());
  return names;
}

bool Policy::may_start(std::string_view agent, std::string_view other) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return false;
  return std::ranges::any_of(found->second.scopes, [&](std::size_t scope) {
    return std::ranges::find(scopes_[scope].start, other) != scopes_[scope].start.end();
  });
}

}  // namespace policies
