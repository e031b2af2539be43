#include "policies/policy.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policies/arguments_refusal.h"
#include "policies/policy_version.h"

namespace policies {
namespace {

constexpr std::size_t usual_charges = 8;

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

std::string tool_id(std::string_view server, std::string_view tool) {
  std::string id;
  id.reserve(server.size() + 1 + tool.size());
  return id.append(server).append("/").append(tool);
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
  scopes_.push_back({compile(deny), compile(allow), ApproveRules(approve), std::move(quotas), {}});
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
    scopes_[roles[name]].start = role.start;
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
                    [this](std::size_t scope) { return !scopes_[scope].approve.empty(); });
    agents_.emplace(name, std::move(compiled));
  }
}

bool Policy::denies(const CompiledAgent& agent, std::string_view name, Decision& decision) const {
  for (const std::size_t scope : agent.scopes) {
    const Rules& deny = scopes_[scope].deny;
    const auto match = deny.globs.first_match(name);
    if (!match) continue;
    decision.source = deny.sources[*match];
    decision.reason = "denied by " + deny.texts[*match];
    return true;
  }
  return false;
}

struct Policy::Question {
  const CompiledAgent& agent;
  const std::string& agent_name;
  std::string_view server, tool;
  std::string name;              // server/tool
  const base::Json* arguments;   // null: none given
  const Rules* allow = nullptr;  // where an allow without a constraint matches
  std::size_t index = 0;         // which of them
};

void Policy::find_allow(Question& question) const {
  for (const std::size_t scope : question.agent.scopes) {
    const Rules& allow = scopes_[scope].allow;
    const auto match = allow.globs.first_match(question.name);
    if (!match) continue;
    question.allow = &allow;
    question.index = *match;
    return;
  }
}

void Policy::permit(const Question& question, const RuleSource& source, const std::string& text,
                    Decision& decision) {
  decision.source = source;
  decision.reason = "allowed by " + text;
  decision.listed = true;
  decision.permit =
      Permit(question.agent_name, std::string(question.server), std::string(question.tool), text);
}

bool Policy::shows(std::string_view view, std::string_view name, Decision& decision) const {
  if (view.empty()) return true;
  const auto found = views_.find(view);
  if (found != views_.end() && found->second.first_match(name)) return true;
  decision.reason = "the view " + std::string(view) + " does not show it";
  return false;
}

Decision Policy::decide(const Caller& caller, std::string_view server, std::string_view tool,
                        const base::Json* arguments) const {
  Decision decision;
  const auto found = agents_.find(caller.agent);
  if (found == agents_.end()) {
    decision.reason = "the policy has no agent " + std::string(caller.agent);
    return decision;
  }
  // With a slash in the server's name, two different tools would have one name in the rules.
  if (server.empty() || tool.empty() || server.find('/') != std::string_view::npos) {
    decision.reason = "this is no name of a server and a tool";
    return decision;
  }
  Question question{found->second, found->first, server, tool, tool_id(server, tool), arguments};
  if (!shows(caller.view, question.name, decision)) return decision;
  if (denies(question.agent, question.name, decision)) return decision;
  find_allow(question);
  if (question.agent.constrained) {
    decide_constrained(question, decision);
  } else if (question.allow != nullptr) {
    permit(question, question.allow->sources[question.index], question.allow->texts[question.index],
           decision);
  }
  if (decision.reason.empty()) decision.reason = "no rule of agent " + found->first + " allows it";
  return decision;
}

void Policy::find_constrained(const Question& question, std::vector<const ConstrainedRule*>& allows,
                              std::vector<const ConstrainedRule*>& denies) const {
  for (const std::size_t scope : question.agent.scopes) {
    scopes_[scope].allow.constrained.find(question.name, allows);
    scopes_[scope].deny.constrained.find(question.name, denies);
  }
  // What is allowed and denied in the same words is never allowed, and must not be listed for it.
  std::erase_if(allows, [&](const ConstrainedRule* allow) {
    return std::any_of(denies.begin(), denies.end(), [&](const ConstrainedRule* deny) {
      return deny->arguments.text() == allow->arguments.text();
    });
  });
}

// What could not be decided refuses: a deny holds unless it certainly does not, an allow only when
// it certainly does.
void Policy::decide_constrained(const Question& question, Decision& decision) const {
  using tools::schema::Verdict;
  std::vector<const ConstrainedRule*> allows, denies;
  find_constrained(question, allows, denies);
  if (question.allow == nullptr && allows.empty()) return;
  decision.listed = true;
  const bool free = question.allow != nullptr && denies.empty();
  if (question.arguments == nullptr && !free) {
    const ConstrainedRule& first = denies.empty() ? *allows.front() : *denies.front();
    decision.source = first.source;
    decision.reason = "depends on the arguments: " + first.text;
    return;
  }
  for (const ConstrainedRule* deny : denies) {
    if (deny->arguments.verdict(*question.arguments) == Verdict::invalid) continue;
    decision.source = deny->source;
    decision.reason = "denied by " + deny->text;
    decision.refusal = denied_arguments_text(question.name, *deny);
    return;
  }
  if (question.allow != nullptr) {
    permit(question, question.allow->sources[question.index], question.allow->texts[question.index],
           decision);
    return;
  }
  for (const ConstrainedRule* allow : allows) {
    if (allow->arguments.verdict(*question.arguments) != Verdict::valid) continue;
    permit(question, allow->source, allow->text, decision);
    return;
  }
  decision.source = allows.front()->source;
  decision.reason = "the arguments do not satisfy " + allows.front()->text;
  decision.refusal = unmet_arguments_text(question.name, allows, *question.arguments);
}

std::string Policy::access_text(std::string_view agent, std::string_view server,
                                std::string_view tool) const {
  if (!decide(agent, server, tool).listed) return "";
  const auto found = agents_.find(agent);
  Question question{found->second, found->first, server, tool, tool_id(server, tool), nullptr};
  find_allow(question);
  std::vector<const ConstrainedRule*> allows, denies;
  find_constrained(question, allows, denies);
  // In whichever order the rules are written, they say the same.
  std::set<std::string> allowed, denied, asked;
  for (const ConstrainedRule* allow : allows) allowed.insert(allow->arguments.text());
  for (const ConstrainedRule* deny : denies) denied.insert(deny->arguments.text());
  for (const std::size_t scope : question.agent.scopes) {
    scopes_[scope].approve.find_texts(question.name, asked);
  }
  std::string text = "allowed";
  const auto append = [&text](const std::set<std::string>& parts, const char* first,
                              const char* next) {
    const char* between = first;
    for (const std::string& part : parts) text += std::exchange(between, next) + part;
  };
  if (question.allow == nullptr) append(allowed, " with ", " or ");
  append(denied, " except with ", " or ");
  append(asked, ", once people agree: ", "; ");
  return text;
}

approvals::Terms Policy::approval_terms(std::string_view agent, std::string_view server,
                                        std::string_view tool, const base::Json& arguments) const {
  approvals::Terms terms;
  const auto found = agents_.find(agent);
  if (found == agents_.end() || !found->second.asks) return terms;
  const std::string name = tool_id(server, tool);
  for (const std::size_t scope : found->second.scopes) {
    scopes_[scope].approve.find(name, arguments, terms);
  }
  // In whichever order roles are written, it is the same question.
  std::sort(terms.clauses.begin(), terms.clauses.end(),
            [](const auto& one, const auto& other) { return one.rule < other.rule; });
  return terms;
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

std::optional<Effect> Policy::effect_of(std::string_view server, std::string_view tool) const {
  const auto match = effect_patterns_.first_match(tool_id(server, tool));
  if (!match) return std::nullopt;
  return effects_[*match];
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

bool Policy::may_start(std::string_view agent, std::string_view other) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return false;
  return std::ranges::any_of(found->second.scopes, [&](std::size_t scope) {
    return std::ranges::find(scopes_[scope].start, other) != scopes_[scope].start.end();
  });
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
