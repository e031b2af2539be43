#include "policies/approve_rules.h"

namespace policies {
namespace {

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

std::string times_text(const ApproveRule& rule) {
  return " wait " + std::to_string(rule.wait.count()) + "ms expires " +
         std::to_string(rule.expires.count()) + "ms";
}

}  // namespace

std::string approve_rule_text(const ApproveRule& rule) {
  std::string text = rule.source.scope + ": approve " + rule.tools;
  if (rule.when) text += " when " + rule.when->text();
  text +=
      " by " + names_text(rule.by) + " quorum " + std::to_string(rule.quorum) + times_text(rule);
  if (!rule.escalate_to.empty()) text += " escalate to " + names_text(rule.escalate_to);
  if (rule.ask_client) text += " ask client";
  return text;
}

approvals::Terms overrun_terms(const BudgetRule& budget, const ledger::Quota& quota) {
  const ApproveRule& ask = *budget.ask;
  const std::string amount = quota.kind == ledger::Quota::Kind::money
                                 ? ledger::money_text(quota.limit) + " " + quota.currency
                                 : std::to_string(quota.limit) + " calls";
  approvals::Clause clause;
  clause.rule = ask.source.scope + ": budget " +
                (budget.name.empty() ? budget.tools : budget.name) + " of " + amount + " per " +
                std::string(to_string(budget.per)) + " and " + ledger::to_string(quota.window) +
                " by " + names_text(ask.by) + times_text(ask);
  clause.by = ask.by;
  clause.place = ask.source.file + ":" + std::to_string(ask.source.line);
  clause.budget = quota.id;
  approvals::Terms terms;
  terms.add(std::move(clause), ask.wait, ask.expires);
  return terms;
}

ApproveRules::ApproveRules(const std::vector<ApproveRule>& rules) {
  for (const ApproveRule& rule : rules) {
    entries_.push_back({Glob(rule.tools),
                        rule.when,
                        {approve_rule_text(rule), rule.by, rule.quorum, rule.escalate_to,
                         rule.source.file + ":" + std::to_string(rule.source.line),
                         rule.ask_client},
                        rule.wait,
                        rule.expires});
  }
}

void ApproveRules::find(std::string_view name, const base::Json& arguments,
                        approvals::Terms& terms) const {
  for (const Entry& entry : entries_) {
    if (!entry.tools.matches(name)) continue;
    const bool concerns =
        !entry.when || entry.when->verdict(arguments) != tools::schema::Verdict::invalid;
    if (!concerns) continue;
    terms.add(entry.clause, entry.wait, entry.expires);
  }
}

void ApproveRules::find_texts(std::string_view name, std::set<std::string>& texts) const {
  for (const Entry& entry : entries_) {
    if (entry.tools.matches(name)) texts.insert(entry.clause.rule);
  }
}

}  // namespace policies
