#include "policies/approve_rules.h"

#include <algorithm>

namespace policies {
namespace {

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

std::string approve_rule_text(const ApproveRule& rule) {
  std::string text = rule.source.scope + ": approve " + rule.tools;
  if (rule.when) text += " when " + rule.when->text();
  text += " by " + names_text(rule.by) + " quorum " + std::to_string(rule.quorum) + " wait " +
          std::to_string(rule.wait.count()) + "ms expires " + std::to_string(rule.expires.count()) +
          "ms";
  if (!rule.escalate_to.empty()) text += " escalate to " + names_text(rule.escalate_to);
  if (rule.ask_client) text += " ask client";
  return text;
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
    const bool first = terms.clauses.empty();
    terms.wait = first ? entry.wait : std::min(terms.wait, entry.wait);
    terms.expires = first ? entry.expires : std::min(terms.expires, entry.expires);
    terms.clauses.push_back(entry.clause);
  }
}

void ApproveRules::find_texts(std::string_view name, std::set<std::string>& texts) const {
  for (const Entry& entry : entries_) {
    if (entry.tools.matches(name)) texts.insert(entry.clause.rule);
  }
}

}  // namespace policies
