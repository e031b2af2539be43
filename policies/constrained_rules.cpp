#include "policies/constrained_rules.h"

#include <algorithm>

namespace policies {

void ConstrainedRules::add(const Rule& rule, std::string text) {
  if (rule.pattern.find('*') == std::string::npos) {
    exact_[rule.pattern].push_back(rules_.size());
  } else {
    globs_.emplace_back(Glob(rule.pattern), rules_.size());
  }
  rules_.push_back({*rule.arguments, rule.source, std::move(text)});
}

void ConstrainedRules::find(std::string_view tool_id,
                            std::vector<const ConstrainedRule*>& found) const {
  std::vector<std::size_t> indices;
  if (const auto exact = exact_.find(tool_id); exact != exact_.end()) indices = exact->second;
  for (const auto& [glob, index] : globs_) {
    if (glob.matches(tool_id)) indices.push_back(index);
  }
  std::sort(indices.begin(), indices.end());
  for (const std::size_t index : indices) found.push_back(&rules_[index]);
}

}  // namespace policies
