#include "policies/policy_print.h"

#include "base/yaml_writer.h"
#include "policies/ledger/money.h"

namespace policies {
namespace {

using base::Json;

// A member that has nothing to say is left out.
void put(Json& map, const char* key, Json value) {
  const bool nothing = value.is_null() || (value.is_structured() && value.empty()) || value == "";
  if (!nothing) map[key] = std::move(value);
}

Json rules_json(const std::vector<Rule>& rules) {
  Json list = Json::array();
  for (const Rule& rule : rules) {
    if (rule.arguments) {
      list.push_back({{"tool", rule.pattern}, {"arguments", rule.arguments->schema()}});
    } else {
      list.push_back(rule.pattern);
    }
  }
  return list;
}

std::string rate_text(const RateRule& rate) {
  const char* unit = "s";
  if (rate.period == std::chrono::minutes(1)) unit = "min";
  if (rate.period == std::chrono::hours(1)) unit = "h";
  if (rate.period == std::chrono::hours(24)) unit = "day";
  return std::to_string(rate.count) + "/" + unit;
}

std::string duration_text(std::chrono::milliseconds time) {
  return time.count() == 0 ? "0s" : std::to_string(time.count()) + "ms";
}

Json quota_json(const QuotaRule& rule) {
  Json map = Json::object();
  put(map, "name", rule.name);
  put(map, "was", rule.was);
  map["tools"] = rule.tools;
  map["per"] = to_string(rule.per);
  return map;
}

void put_quotas(Json& map, const Quotas& quotas) {
  put(map, "was", quotas.was);
  Json limits = Json::array();
  for (const LimitRule& limit : quotas.limits) {
    Json entry = quota_json(limit);
    if (limit.rate) {
      entry["rate"] = rate_text(*limit.rate);
      entry["burst"] = limit.rate->burst;
    }
    if (limit.concurrency) entry["concurrency"] = *limit.concurrency;
    limits.push_back(std::move(entry));
  }
  Json budgets = Json::array();
  for (const BudgetRule& budget : quotas.budgets) {
    Json entry = quota_json(budget);
    entry["window"] = ledger::to_string(budget.window);
    if (budget.money) entry["money"] = ledger::money_text(*budget.money);
    if (budget.calls) entry["calls"] = *budget.calls;
    if (budget.ask) {
      entry["on_exceed"] = "ask";
      entry["by"] = budget.ask->by;
      entry["wait"] = duration_text(budget.ask->wait);
      entry["expires"] = duration_text(budget.ask->expires);
    }
    budgets.push_back(std::move(entry));
  }
  put(map, "limits", std::move(limits));
  put(map, "budgets", std::move(budgets));
}

void put_approve(Json& map, const std::vector<ApproveRule>& rules) {
  Json list = Json::array();
  for (const ApproveRule& rule : rules) {
    Json entry{{"tools", rule.tools}};
    if (rule.when) entry["when"] = rule.when->schema();
    entry["by"] = rule.by;
    entry["quorum"] = rule.quorum;
    if (rule.ask_client) entry["ask"] = "client";
    entry["wait"] = duration_text(rule.wait);
    entry["expires"] = duration_text(rule.expires);
    if (!rule.escalate_to.empty()) entry["on_timeout"] = "escalate";
    put(entry, "escalate_to", rule.escalate_to);
    list.push_back(std::move(entry));
  }
  put(map, "approve", std::move(list));
}

Json person_json(const PersonDocument& person) {
  Json map = Json::object();
  put(map, "login", person.login);
  put(map, "groups", person.groups);
  if (person.may_approve) map["may"] = {"approve"};
  return map;
}

Json verification_json(const Verification& verify) {
  Json arguments = Json::object();
  for (const VerifyArgument& argument : verify.arguments) {
    Json& value = arguments[argument.name];
    if (argument.pointer.empty()) {
      value = {{"const", argument.constant}};
    } else {
      value = argument.pointer;
    }
  }
  Json map{
      {"tool", verify.id()}, {"arguments", std::move(arguments)}, {"done", verify.done.schema()}};
  if (verify.not_done) map["not_done"] = verify.not_done->schema();
  map["settle"] = duration_text(verify.settle);
  map["within"] = duration_text(verify.within);
  return map;
}

Json tool_json(const ToolSettings& tool) {
  Json map = Json::object();
  if (tool.effect) map["effect"] = to_string(*tool.effect);
  put(map, "key_argument", tool.key_argument);
  if (tool.verify) map["verify"] = verification_json(*tool.verify);
  if (tool.price) map["price"] = ledger::money_text(*tool.price);
  if (tool.broken_result) {
    map["output"] = *tool.broken_result == BrokenResult::warn ? "warn" : "withhold";
  }
  return map;
}

Json role_json(const RoleDocument& role) {
  Json map = Json::object();
  put(map, "includes", role.includes);
  put(map, "allow", rules_json(role.allow));
  put(map, "deny", rules_json(role.deny));
  put(map, "resources", rules_json(role.resources));
  put(map, "prompts", rules_json(role.prompts));
  put_approve(map, role.approve);
  put(map, "start", role.start);
  put_quotas(map, role.quotas);
  return map;
}

Json agent_json(const AgentDocument& agent) {
  Json map = Json::object();
  put(map, "tenant", agent.tenant);
  put(map, "roles", agent.roles);
  put(map, "owner", agent.owner);
  return map;
}

// A map by name; each entry as `print` has it.
template <class Entries, class Print>
Json named(const Entries& entries, const Print& print) {
  Json map = Json::object();
  for (const auto& [name, entry] : entries) map[name] = print(entry);
  return map;
}

Json scope_json(const std::vector<Rule>& deny, const std::vector<ApproveRule>& approve,
                const Quotas& quotas) {
  Json map = Json::object();
  put(map, "deny", rules_json(deny));
  put_approve(map, approve);
  put_quotas(map, quotas);
  return map;
}

}  // namespace

Json policy_json(const PolicyDocument& document) {
  Json map = Json::object();
  put(map, "timezone", document.timezone);
  put(map, "currency", document.currency);
  put(map, "defaults",
      scope_json(document.default_deny, document.default_approve, document.default_quotas));
  put(map, "people", named(document.people, person_json));
  put(map, "tenants", named(document.tenants, [](const TenantDocument& tenant) {
        return scope_json(tenant.deny, tenant.approve, tenant.quotas);
      }));
  put(map, "agents", named(document.agents, agent_json));
  put(map, "roles", named(document.roles, role_json));
  Json tools = Json::object();
  for (const ToolSettings& tool : document.tools) tools[tool.pattern] = tool_json(tool);
  put(map, "tools", std::move(tools));
  put(map, "views", named(document.views, [](const ViewDocument& view) {
        return Json{{"tools", rules_json(view.tools)}};
      }));
  return map;
}

std::string policy_yaml(const PolicyDocument& document) {
  return base::to_yaml(policy_json(document));
}

}  // namespace policies
