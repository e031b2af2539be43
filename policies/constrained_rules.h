#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/glob.h"
#include "policies/rule.h"

namespace policies {

/// A rule that holds for some arguments only, ready to be asked.
struct ConstrainedRule {
  Constraint arguments;
  RuleSource source;
  std::string text;  ///< the rule with its place, for people
};

/// The rules of one kind of one scope that constrain arguments. Patterns without a star cost one
/// look-up, however many there are. Immutable once built.
class ConstrainedRules {
 public:
  /// `rule` has `arguments`.
  void add(const Rule& rule, std::string text);
  bool empty() const { return rules_.empty(); }
  /// Appends the rules whose patterns match, in the order in which they were written; they point
  /// into this.
  void find(std::string_view tool_id, std::vector<const ConstrainedRule*>& found) const;

 private:
  std::vector<ConstrainedRule> rules_;
  TextMap<std::vector<std::size_t>> exact_;  // indices into rules_
  std::vector<std::pair<Glob, std::size_t>> globs_;
};

}  // namespace policies
