#include "policies/policy_builder.h"

#include "policies/policy_text.h"

namespace policies {
namespace {

const std::string no_ledger = "limits and budgets are not part of this build";
const std::string no_approvals = "approvals are not part of this build";

const NotBuilt file_not_built = {
    {"timezone", no_ledger},
    {"currency", no_ledger},
    {"people", no_approvals},
    {"views", "views are not part of this build"},
    {"pin", "pinning of tool definitions is not part of this build"},
};

const NotBuilt scope_not_built = {
    {"limits", no_ledger},
    {"budgets", no_ledger},
    {"was", no_ledger},
    {"approve", no_approvals},
};

const NotBuilt agent_not_built = {
    {"subjects", "tokens of an issuer are not part of this build"},
};

const NotBuilt role_not_built = {
    {"resources", "rules for resources are not part of this build"},
    {"prompts", "rules for prompts are not part of this build"},
    {"start", "the agent runtime is not part of this build"},
    {"limits", no_ledger},
    {"budgets", no_ledger},
    {"was", no_ledger},
    {"approve", no_approvals},
};

const NotBuilt tool_not_built = {
    {"price", no_ledger},
    {"key_argument", "idempotency keys are not part of this build"},
    {"redact", "redaction is not part of this build"},
};

void append(std::vector<Rule>& rules, const std::vector<Rule>& more) {
  rules.insert(rules.end(), more.begin(), more.end());
}

Effect read_effect(const base::YamlNode& node, const std::string& scope) {
  const std::string text = node.text();
  const auto effect = parse_effect(text);
  if (!effect) {
    const std::string nearest =
        base::nearest_name(text, {"read_only", "idempotent", "non_idempotent"});
    node.fail(scope + ": expected an effect: read_only, idempotent or non_idempotent; found '" +
              text + "'" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }
  if (effect == Effect::keyed) {
    node.fail(scope +
              ": the effect 'keyed' is not supported yet: it needs 'key_argument', and "
              "idempotency keys are not part of this build");
  }
  if (effect == Effect::reconcilable) {
    node.fail(scope +
              ": the effect 'reconcilable' is not supported yet: asking an upstream what "
              "became of a call is not part of this build");
  }
  return *effect;
}

}  // namespace

void PolicyBuilder::read_file(const base::YamlNode& root) {
  read_scope(root, "policies",
             {
                 {"defaults", [this](const auto& node) { read_defaults(node); }},
                 {"tenants", [this](const auto& node) { read_tenants(node); }},
                 {"agents", [this](const auto& node) { read_agents(node); }},
                 {"roles", [this](const auto& node) { read_roles(node); }},
                 {"tools", [this](const auto& node) { read_tools(node); }},
             },
             file_not_built);
}

void PolicyBuilder::read_defaults(const base::YamlNode& node) {
  const auto read_deny = [this](const base::YamlNode& list) {
    append(document_.default_deny, read_rules(list, "defaults", "deny"));
  };
  read_scope(node, "defaults", {{"deny", read_deny}}, scope_not_built);
}

void PolicyBuilder::read_tenants(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    const std::string name = define(Kind::tenant, key);
    const std::string scope = "tenant " + name;
    TenantDocument& tenant = document_.tenants[name];
    const auto read_deny = [&](const base::YamlNode& list) {
      tenant.deny = read_rules(list, scope, "deny");
    };
    read_scope(value, scope, {{"deny", read_deny}}, scope_not_built);
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
    read_scope(value, "agent " + name, {{"tenant", read_tenant}, {"roles", read_agent_roles}},
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
  read_scope(
      node, scope,
      {
          {"includes", read_includes},
          {"allow", [&](const auto& list) { role.allow = read_rules(list, scope, "allow"); }},
          {"deny", [&](const auto& list) { role.deny = read_rules(list, scope, "deny"); }},
      },
      role_not_built);
}

void PolicyBuilder::read_tools(const base::YamlNode& node) {
  for (const auto& [key, value] : node.entries()) {
    ToolSettings tool{define(Kind::tool, key), std::nullopt, std::nullopt};
    const std::string scope = "tool " + tool.pattern;
    const auto read_tool_effect = [&](const base::YamlNode& effect) {
      tool.effect = read_effect(effect, scope);
    };
    const auto read_tool_output = [&](const base::YamlNode& output) {
      const std::string word = output.text();
      if (word != "withhold" && word != "warn")
        output.fail(scope +
                    ": expected what becomes of a result that breaks the outputSchema: "
                    "withhold or warn; found '" +
                    word + "'");
      tool.broken_result = word == "warn" ? BrokenResult::warn : BrokenResult::withhold;
    };
    read_scope(value, scope, {{"effect", read_tool_effect}, {"output", read_tool_output}},
               tool_not_built);
    if (!tool.effect && !tool.broken_result)
      value.fail(scope + ": expected the key 'effect'; found an empty map");
    document_.tools.push_back(std::move(tool));
  }
}

}  // namespace policies
