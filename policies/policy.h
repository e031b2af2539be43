#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/approve_rules.h"
#include "policies/constrained_rules.h"
#include "policies/effect.h"
#include "policies/glob.h"
#include "policies/permit.h"
#include "policies/rule.h"
#include "policies/scope_quotas.h"

namespace policies {

/// An agent of the policy, as a caller.
struct Agent {
  std::string name;
  std::string tenant;  ///< "" when it belongs to none
  std::vector<std::string> roles;
  std::string owner = {};  ///< the person who must not decide what it may do; or ""
};

/// Somebody who administers and approves.
struct Person {
  std::string name;
  std::vector<std::string> groups;
  bool may_approve = false;
};

/// Who asks, and by which door.
struct Caller {
  std::string_view agent;
  std::string_view view = {};  ///< a view narrows what the agent may call; "": none
};

/// What the policy says of one agent and one tool, or one call of it; or of a resource or a prompt.
struct Decision {
  std::optional<Permit> permit;  ///< set when the call is allowed
  /// Whether the agent may know the tool: rules allow it, at least with some arguments. What is not
  /// listed is an unknown tool to the agent.
  bool listed = false;
  std::optional<RuleSource>
      source;  ///< the allow or deny that decided; absent when nothing allowed it
  /// One line for people, e.g. `denied by defaults: deny */drop_* (policy.yaml:3)` or
  /// `no rule of agent researcher allows it`.
  std::string reason;
  /// For the caller: why these arguments are refused and what the rules want; "" unless the tool is
  /// listed and its arguments were the reason.
  std::string refusal = {};

  bool allowed() const { return permit.has_value(); }
};

/// A compiled set of policy files: immutable, safe to use from many threads. Deny wins over every
/// allow; what nothing allows is denied (design §4).
class Policy {
 public:
  explicit Policy(PolicyDocument document);

  /// The only source of Permits. An unknown agent is allowed nothing. Without `arguments` it says
  /// whether the tool is listed; where rules look at arguments there is no Permit without them.
  Decision decide(const Caller& caller, std::string_view server, std::string_view tool,
                  const base::Json* arguments = nullptr) const;
  /// The same for whatever a server offers. A resource is named by its URI, and one that could be
  /// written in another way is refused. Rules that look at arguments are for tools.
  Decision decide(const Caller& caller, Primitive primitive, std::string_view server,
                  std::string_view name, const base::Json* arguments = nullptr) const;
  /// Whether a template of resources is listed: rules allow it as it is written, its expressions
  /// being text that only a star matches. So a URI that fills it can be read, unless a rule names
  /// just that one.
  bool lists_template(const Caller& caller, std::string_view server,
                      std::string_view uri_template) const;
  /// decide() for a tool, through no view.
  Decision decide(std::string_view agent, std::string_view server, std::string_view tool,
                  const base::Json* arguments = nullptr) const {
    return decide(Caller{agent}, server, tool, arguments);
  }

  /// How an agent may call a tool, in words: "" when it may not, `allowed`, or with which arguments
  /// and whether people are asked first.
  std::string access_text(std::string_view agent, std::string_view server,
                          std::string_view tool) const;
  /// The same for whatever a server offers; the name of a resource may be a template.
  std::string access_text(std::string_view agent, Primitive primitive, std::string_view server,
                          std::string_view name) const;

  bool has_view(std::string_view name) const { return views_.find(name) != views_.end(); }

  /// Whether a rule or a budget may ask people about a call of this agent.
  bool may_ask(std::string_view agent) const;
  /// What people must agree to before this call of an allowed tool; empty when nobody is asked.
  approvals::Terms approval_terms(std::string_view agent, std::string_view server,
                                  std::string_view tool, const base::Json& arguments) const;

  /// Who has this login, e.g. `unix:ops`; nullptr when nobody does.
  const Person* find_person(std::string_view login) const;
  const Person* person_named(std::string_view name) const;
  /// All logins of people.
  std::vector<std::string> logins() const;

  /// Nullptr when the policy does not name this agent.
  const Agent* find_agent(std::string_view name) const;
  std::vector<std::string> agent_names() const;

  /// Whether a role of `agent` lets it start `other` on the runtime.
  bool may_start(std::string_view agent, std::string_view other) const;

  /// The effect class that the policy gives `server/tool`; nullopt when it says nothing.
  std::optional<Effect> effect_of(std::string_view server, std::string_view tool) const;
  /// Where that tool takes its idempotency key, when its effect is `keyed`; else "".
  std::string_view key_argument_of(std::string_view server, std::string_view tool) const;
  /// How it is found out whether a call of that tool was carried out, when its effect is
  /// `reconcilable`; else nullptr.
  const Verification* verification_of(std::string_view server, std::string_view tool) const;
  /// Whether any tool may be reconcilable.
  bool has_verifications() const { return has_verifications_; }
  /// Whether any tool may be keyed.
  bool has_keys() const { return has_keys_; }

  /// What one call costs; 0 when the policy gives no price.
  ledger::Nanos price_of(std::string_view server, std::string_view tool) const;

  /// The currency of all prices and budgets, or "".
  const std::string& currency() const { return currency_; }

  /// The buckets of all limits and budgets that a call of this agent touches, and what it takes of
  /// each. They point into this policy. Of budgets that ask, what they have no room for is asked
  /// about.
  std::vector<ledger::Charge> charges(std::string_view agent, std::string_view server,
                                      std::string_view tool) const;
  /// The same for reading a resource or getting a prompt, which has no price, and about which
  /// nobody is asked. `listed` is how the server lists it, such as the template of a URI: buckets
  /// are for what is listed, so that their number is not the caller's choice.
  std::vector<ledger::Charge> read_charges(std::string_view agent, Primitive primitive,
                                           std::string_view server, std::string_view name,
                                           std::string_view listed) const;
  /// What spending `amount` on something that is no tool takes of budgets of money: of those whose
  /// tools match `server/name`.
  std::vector<ledger::Charge> money_charges(std::string_view agent, std::string_view server,
                                            std::string_view name, ledger::Nanos amount) const;
  /// The buckets of budgets that exist whatever tools there are, each once.
  std::vector<ledger::Charge> budgets() const;
  /// What people must agree to before a call goes over the budget whose quota has this id; nullptr
  /// when it does not ask.
  const approvals::Terms* overrun_terms(std::string_view quota_id) const;
  /// Nullptr when no limit or budget has this id.
  const ledger::Quota* find_quota(std::string_view id) const;
  /// What becomes of a result of `server/tool` that breaks its outputSchema; withheld unless the
  /// policy says otherwise.
  BrokenResult broken_result_of(std::string_view server, std::string_view tool) const;

  /// Identifies the rules: equal for equal policies, different for different ones. Hex SHA-256.
  const std::string& version() const { return version_; }

 private:
  /// The rules of one kind of one scope, ready to be matched; `texts` and `sources` go with the
  /// globs.
  struct Rules {
    GlobList globs;
    std::vector<RuleSource> sources;
    std::vector<std::string> texts;
    ConstrainedRules constrained;
  };
  /// What the defaults, one tenant or one role say.
  struct Scope {
    Rules deny, allow, resources, prompts;
    ApproveRules approve;
    ScopeQuotas quotas;

    const Rules& allows(Primitive primitive) const {
      if (primitive == Primitive::tool) return allow;
      return primitive == Primitive::resource ? resources : prompts;
    }
    std::vector<std::string> start;  ///< agents that may be started
  };
  struct CompiledAgent {
    Agent agent;
    std::vector<std::size_t>
        scopes;  // defaults, tenant, roles with what they include: indices into scopes_
    bool constrained = false;  // whether any of them looks at arguments
    bool asks = false;         // whether any of them asks people
  };
  /// What was asked, and the first allow without a constraint that matches.
  struct Question;

  static Rules compile(const std::vector<Rule>& rules);
  std::size_t add_scope(const std::vector<Rule>& deny, const std::vector<Rule>& allow,
                        const std::vector<ApproveRule>& approve, ScopeQuotas quotas);
  void add_tools(const std::vector<ToolSettings>& tools);
  void add_agents(const PolicyDocument& document);
  /// What decides whatever the arguments are; nullptr when that is no. `id` is what rules match.
  const CompiledAgent* admit(const Caller& caller, std::string_view server, std::string_view name,
                             const std::string& id, Decision& decision) const;
  /// The decision when there are no rules about arguments.
  void decide_plain(Question& question, Decision& decision) const;
  /// False when the view, if there is one, does not show it.
  bool shows(std::string_view view, std::string_view name, Decision& decision) const;
  bool denies(const CompiledAgent& agent, std::string_view name, Decision& decision) const;
  void find_allow(Question& question) const;
  void find_constrained(const Question& question, std::vector<const ConstrainedRule*>& allows,
                        std::vector<const ConstrainedRule*>& denies) const;
  /// The part of decide() for agents whose rules look at arguments.
  void decide_constrained(const Question& question, Decision& decision) const;
  static void permit(const Question& question, const RuleSource& source, const std::string& text,
                     Decision& decision);

  std::vector<Scope>
      scopes_;  // agents share them: what an agent costs does not grow with its roles' rules
  TextMap<CompiledAgent> agents_;
  TextMap<GlobList> views_;
  TextMap<Person> people_;
  TextMap<std::string> logins_;  // to the names of people
  GlobList effect_patterns_, price_patterns_, output_patterns_;
  std::vector<Effect> effects_;
  std::vector<std::string> key_arguments_;  // with the effects: "" of those that are not keyed
  bool has_keys_ = false;
  std::vector<std::optional<Verification>> verifications_;  // with the effects
  bool has_verifications_ = false;
  std::vector<ledger::Nanos> prices_;
  std::vector<BrokenResult> broken_results_;
  std::string currency_;
  std::string version_;
};

}  // namespace policies
