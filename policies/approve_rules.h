#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "policies/approvals/approval.h"
#include "policies/glob.h"
#include "policies/ledger/quota.h"
#include "policies/rule.h"

namespace policies {

/// The `approve` entries of the defaults, a tenant or a role, ready to be matched. Immutable.
class ApproveRules {
 public:
  ApproveRules() = default;
  explicit ApproveRules(const std::vector<ApproveRule>& rules);

  bool empty() const { return entries_.empty(); }
  /// Adds what the entries ask for that match a call of `name` (`server/tool`). A `when` that
  /// cannot be decided matches. Of several, the shortest times count.
  void find(std::string_view name, const base::Json& arguments, approvals::Terms& terms) const;
  /// Adds the entries in words whose pattern matches, whatever they say of arguments.
  void find_texts(std::string_view name, std::set<std::string>& texts) const;

 private:
  struct Entry {
    Glob tools;
    std::optional<Constraint> when;
    approvals::Clause clause;
    std::chrono::milliseconds wait, expires;
  };
  std::vector<Entry> entries_;
};

/// An entry in one line, without file and line: what an approval is bound to.
std::string approve_rule_text(const ApproveRule& rule);

/// What people must agree to before a call goes over this quota of a budget that asks. The rule's
/// text holds the limit: another one is another question.
approvals::Terms overrun_terms(const BudgetRule& budget, const ledger::Quota& quota);

}  // namespace policies
