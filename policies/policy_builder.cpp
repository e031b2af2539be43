#include "policies/policy_builder.h"

#include <algorithm>

#include "policies/policy_text.h"
#include "policies/quota_reader.h"
#include "policies/tool_reader.h"

namespace policies {
namespace {

const NotBuilt file_not_built = {
    {"pin", "pinning of tool definitions is not part of this build"},
};

const NotBuilt agent_not_built = {
    {"subjects", "tokens of an issuer are not part of this build"},
};

void append(std::vector<Rule>& rules, const std::vector<Rule>& more) {
  rules.insert(rules.end(), more.begin(), more.end());
}

bool has_money(const Quotas& quotas) {
  return std::any_of(quotas.budgets.begin(), quotas.budgets.end(),
                     [](const BudgetRule& budget) { return budget.money.has_value(); });
}

}  // namespace

void PolicyBuilder::read_file(const base::YamlNode& root) {
  read_scope(root, "policies",
             {
                 {"timezone", [this](const auto& node) { read_timezone(node); }},
                 {"currency", [this](const auto& node) { read_currency(node); }},
                 {"defaults", [this](const auto& node) { read_defaults(node); }},
                 {"tenants", [this](const auto& node) { read_tenants(node); }},
                 {"people", [this](const auto& node) { read_people(node); }},
                 {"agents", [this](const auto& node) { read_agents(node); }},
                 {"roles", [this](const auto& node) { read_roles(node); }},
                 {"tools", [this](const auto& node) { read_tools(node); }},
                 {"views", [this](const auto& node) { read_views(node); }},
             },
             file_not_built);
}

void PolicyBuilder::read_defaults(const base::YamlNode& node) {
  const auto read_deny = [this](const base::YamlNode& list) {
    append(document_.default_deny, read_rules(list, "defaults", "deny"));
  };
  std::vector<base::YamlKey> keys = quota_keys(document_.default_quotas, "defaults");
  keys.push_back({"deny", read_deny});
  keys.push_back(approve_key(document_.default_approve, "defaults"));
  read_scope(node, "defaults", keys, {});
}

void PolicyBuilder::read_tenants(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    const std::string name = define(Kind::tenant, key);
    const std::string scope = "tenant " + name;
    TenantDocument& tenant = document_.tenants[name];
    const auto read_deny = [&](const base::YamlNode& list) {
      tenant.deny = read_rules(list, scope, "deny");
    };
    std::vector<base::YamlKey> keys = quota_keys(tenant.quotas, scope);
    keys.push_back({"deny", read_deny});
    keys.push_back(former_key(Kind::tenant, tenant.quotas));
    keys.push_back(approve_key(tenant.approve, scope));
    read_scope(value, scope, keys, {});
  }
}

void PolicyBuilder::read_agents(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    const std::string name = define(Kind::agent, key);
    AgentDocument& agent = document_.agents[name];
    const auto read_tenant = [&](const base::YamlNode& tenant) {
      agent.tenant = read_name(tenant, "tenant");
      uses_.emplace_back(Kind::tenant, tenant);
    };
    const auto read_agent_roles = [&](const base::YamlNode& roles) {
      for (const base::YamlNode& role : roles.items()) {
        agent.roles.push_back(read_name(role, "role"));
        uses_.emplace_back(Kind::role, role);
      }
    };
    const auto read_owner = [&](const base::YamlNode& owner) {
      agent.owner = read_name(owner, "person");
      uses_.emplace_back(Kind::person, owner);
    };
    read_scope(value, "agent " + name,
               {{"tenant", read_tenant}, {"roles", read_agent_roles}, {"owner", read_owner}},
               agent_not_built);
  }
}

void PolicyBuilder::read_roles(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) read_role(define(Kind::role, key), value);
}

void PolicyBuilder::read_role(const std::string& name, const base::YamlNode& node) {
  const std::string scope = "role " + name;
  RoleDocument& role = document_.roles[name];
  const auto read_includes = [&](const base::YamlNode& includes) {
    for (const base::YamlNode& include : includes.items()) {
      role.includes.push_back(read_name(include, "role"));
      includes_[name].push_back(include);
      uses_.emplace_back(Kind::role, include);
    }
  };
  std::vector<base::YamlKey> keys = quota_keys(role.quotas, scope);
  keys.push_back({"includes", read_includes});
  keys.push_back(former_key(Kind::role, role.quotas));
  keys.push_back({"start", [&](const auto& list) {
                    for (const base::YamlNode& agent : list.items()) {
                      role.start.push_back(read_name(agent, "agent"));
                      uses_.emplace_back(Kind::agent, agent);
                    }
                  }});
  keys.push_back(
      {"allow", [&](const auto& list) { role.allow = read_rules(list, scope, "allow"); }});
  keys.push_back({"deny", [&](const auto& list) { role.deny = read_rules(list, scope, "deny"); }});
  keys.push_back({"resources", [&](const auto& list) {
                    role.resources = read_patterns(list, scope, "resources",
                                                   "resources are named server/URI");
                  }});
  keys.push_back({"prompts", [&](const auto& list) {
                    role.prompts = read_patterns(list, scope, "prompts",
                                                 "prompts are named server/prompt");
                  }});
  keys.push_back(approve_key(role.approve, scope));
  read_scope(node, scope, keys, {});
}

std::vector<base::YamlKey> PolicyBuilder::quota_keys(Quotas& quotas, const std::string& scope) {
  std::vector<base::YamlKey> keys = {
      {"limits", [&quotas, scope](const auto& list) { read_limits(list, scope, quotas); }},
      {"budgets",
       [this, &quotas, scope](const auto& list) {
         for (auto& entry : read_budgets(list, scope, quotas)) approve_.push_back(std::move(entry));
         if (has_money(quotas)) money_.push_back(list);
       }},
  };
  return keys;
}

base::YamlKey PolicyBuilder::former_key(Kind kind, Quotas& quotas) {
  return {"was", [this, kind, &quotas](const base::YamlNode& node) {
            quotas.was = read_name(node, "former");
            const auto [other, is_first] = former_[kind].emplace(quotas.was, node);
            if (is_first) return;
            node.fail("two say that they were '" + quotas.was +
                      "', and its counters can go to one alone; the other is at " +
                      other->second.where());
          }};
}

base::YamlKey PolicyBuilder::approve_key(std::vector<ApproveRule>& rules,
                                         const std::string& scope) {
  return {"approve", [this, &rules, scope](const auto& list) {
            for (auto& entry : read_approve(list, scope)) {
              rules.push_back(entry.second);
              approve_.push_back(std::move(entry));
            }
          }};
}

void PolicyBuilder::read_people(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    const std::string name = define(Kind::person, key);
    document_.people[name] = read_person(name, value);
  }
}

void PolicyBuilder::read_timezone(const base::YamlNode& node) {
  take_once("timezone", node);
  document_.timezone = node.text();
  if (ledger::find_time_zone(document_.timezone) == nullptr) {
    node.fail("there is no time zone '" + document_.timezone +
              "'; expected a name such as UTC or Europe/Berlin");
  }
}

void PolicyBuilder::read_currency(const base::YamlNode& node) {
  take_once("currency", node);
  document_.currency = node.text();
  const bool is_code =
      document_.currency.size() == 3 &&
      document_.currency.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
  if (!is_code) node.fail("expected the three capital letters of a currency, such as EUR");
}

void PolicyBuilder::read_tools(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    ReadTool read = read_tool(define(Kind::tool, key), value);
    if (read.verify_tool) verify_tools_.push_back(*std::move(read.verify_tool));
    document_.tools.push_back(std::move(read.settings));
  }
}

void PolicyBuilder::read_views(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    const std::string name = define(Kind::view, key);
    const std::string scope = "view " + name;
    ViewDocument& view = document_.views[name];
    const auto read_shown = [&](const base::YamlNode& list) {
      view.tools = read_patterns(list, scope, "tools", "tools are named server/tool");
    };
    read_scope(value, scope, {{"tools", read_shown}}, {});
    if (view.tools.empty()) value.fail(scope + ": it shows nothing: list patterns under 'tools'");
  }
}

}  // namespace policies
