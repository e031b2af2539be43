#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policies/effect.h"

namespace policies {

/// Where a rule stands, for people.
struct RuleSource {
  std::string scope;    ///< `defaults`, `tenant acme`, `role reader`
  std::string kind;     ///< `allow` or `deny`
  std::string pattern;  ///< as written
  std::string file;
  int line = 0;         ///< from 1
};

/// A glob over `server/tool`: `*` matches any run of characters, `/` included; case-sensitive (design §4).
struct Rule {
  std::string pattern;
  RuleSource source;
};

/// What becomes of a result that breaks its tool's outputSchema.
enum class BrokenResult { withhold, warn };

struct ToolSettings {
  std::string pattern;           ///< a glob over `server/tool`; the first that matches counts
  std::optional<Effect> effect;
  std::optional<BrokenResult> broken_result;
};

struct RoleDocument {
  std::vector<std::string> includes;
  std::vector<Rule> allow, deny;
};

struct TenantDocument {
  std::vector<Rule> deny;
};

struct AgentDocument {
  std::string tenant;
  std::vector<std::string> roles;
};

/// All policy files of one configuration, merged, names resolved: every role, tenant and include exists.
struct PolicyDocument {
  std::vector<Rule> default_deny;
  std::map<std::string, TenantDocument> tenants;
  std::map<std::string, RoleDocument> roles;
  std::map<std::string, AgentDocument> agents;
  std::vector<ToolSettings> tools;
};

}  // namespace policies
