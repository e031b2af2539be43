#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/constraint.h"
#include "policies/effect.h"
#include "policies/ledger/money.h"
#include "policies/ledger/window.h"
#include "policies/verification.h"

namespace policies {

/// Where a rule stands, for people.
struct RuleSource {
  std::string scope;    ///< `defaults`, `tenant acme`, `role reader`
  std::string kind;     ///< the key: `allow`, `deny`, `resources` or `prompts`
  std::string pattern;  ///< as written
  std::string file;
  int line = 0;  ///< from 1
  std::string arguments = {};  ///< text of the constraint on arguments, or ""
};

/// A glob over `server/tool`, `server/URI` or `server/prompt`: `*` matches any run of characters, `/` included; case-sensitive
/// (design §4).
struct Rule {
  std::string pattern;
  RuleSource source;
  std::optional<Constraint> arguments = {};  ///< only calls with such arguments; absent: all calls
};

/// What a bucket of a limit or budget is counted for.
enum class Per { agent, role, tool, server, tenant };
std::string_view to_string(Per per);

/// What limits and budgets have in common. One entry is one bucket over all its tools (design §4).
struct QuotaRule {
  std::string name;         ///< "" when it has none: then tools and `per` are its identity
  std::string was;          ///< its name before a rename, or ""
  std::string tools = "*";  ///< a glob over `server/tool`
  Per per = Per::agent;
  RuleSource source;
};

struct RateRule {
  std::int64_t count = 0;
  std::chrono::nanoseconds period{0};
  std::int64_t burst = 0;
};

/// An entry under `limits`.
struct LimitRule : QuotaRule {
  std::optional<RateRule> rate;
  std::optional<std::int64_t> concurrency;
};

/// An entry under `approve`: calls for which people are asked.
struct ApproveRule {
  std::string tools = "*";         ///< a glob over `server/tool`
  std::optional<Constraint> when;  ///< only calls with such arguments
  std::vector<std::string> by;     ///< people and groups
  int quorum = 1;                  ///< how many of them must agree
  bool ask_client = false;  ///< whether the person at the agent's client may answer instead
  std::chrono::milliseconds wait{45'000};         ///< of the call, for the answer
  std::chrono::milliseconds expires{86'400'000};  ///< of the question, then of the answer
  std::vector<std::string> escalate_to;           ///< asked after `expires`; empty: it is denied
  RuleSource source;
};

/// An entry under `budgets`. The window's zone is set when it is compiled.
struct BudgetRule : QuotaRule {
  ledger::Window window;
  std::optional<ledger::Nanos> money;
  std::optional<std::int64_t> calls;
  std::optional<ApproveRule> ask;  ///< whom, about calls that would go over it; absent: refused
};

/// Somebody who administers and approves.
struct PersonDocument {
  std::vector<std::string> login;  ///< what proves who it is beside a key, e.g. `unix:ops`
  std::vector<std::string> groups;
  bool may_approve = false;
};

/// The limits and budgets of the defaults, a tenant or a role.
struct Quotas {
  std::vector<LimitRule> limits;
  std::vector<BudgetRule> budgets;
  std::string was;  ///< the name that the tenant or role had before, or ""
};

/// What becomes of a result that breaks its tool's outputSchema.
enum class BrokenResult { withhold, warn };

struct ToolSettings {
  std::string
      pattern;  ///< a glob over `server/tool`; of each setting, the first that matches counts
  std::optional<Effect> effect;
  std::optional<ledger::Nanos> price;  ///< of one call
  std::optional<BrokenResult> broken_result;
  std::string key_argument = {};  ///< where a `keyed` tool takes its key; "" of all others
  std::optional<Verification> verify = {};  ///< of a `reconcilable` tool, and of no other
};

struct RoleDocument {
  std::vector<std::string> includes;
  std::vector<std::string> start;  ///< agents that its holders may start on the runtime
  std::vector<Rule> allow, deny;
  std::vector<Rule> resources, prompts;  ///< what of these is allowed
  std::vector<ApproveRule> approve;
  Quotas quotas;
};

struct TenantDocument {
  std::vector<Rule> deny;
  std::vector<ApproveRule> approve;
  Quotas quotas;
};

struct AgentDocument {
  std::string tenant;
  std::vector<std::string> roles;
  std::string owner = {};  ///< the person who must not decide what it may do; or ""
};

/// An entry under `views`, served at `/mcp/NAME`.
struct ViewDocument {
  std::vector<Rule> tools;  ///< what it shows of what an agent may call anyway
};

/// All policy files of one configuration, merged, names resolved: every role, tenant and include
/// exists.
struct PolicyDocument {
  std::string timezone = "UTC";
  std::string currency;  ///< "" when there is no money
  std::vector<Rule> default_deny;
  std::vector<ApproveRule> default_approve;
  Quotas default_quotas;
  std::map<std::string, TenantDocument> tenants;
  std::map<std::string, RoleDocument> roles;
  std::map<std::string, AgentDocument> agents;
  std::map<std::string, PersonDocument> people;
  std::vector<ToolSettings> tools;
  std::map<std::string, ViewDocument> views;
};

}  // namespace policies
