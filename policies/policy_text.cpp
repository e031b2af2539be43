#include "policies/policy_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace policies {
namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

// `{tool: pay/refund, arguments: {…}}`
Rule read_constrained(const base::YamlNode& node, const std::string& scope,
                      const std::string& kind) {
  Rule rule;
  base::read_map(node, {{"tool", [&](const auto& tool) { rule.pattern = read_pattern(tool); }},
                        {"arguments",
                         [&](const auto& schema) { rule.arguments = Constraint::read(schema); }}});
  if (rule.pattern.empty()) node.fail(scope + ": a map under '" + kind + "' needs a 'tool'");
  if (!rule.arguments) {
    node.fail(scope + ": a map under '" + kind +
              "' needs 'arguments'; without them write the pattern alone: " + rule.pattern);
  }
  return rule;
}

}  // namespace

void read_scope(const base::YamlNode& map, const std::string& scope,
                const std::vector<base::YamlKey>& keys, const NotBuilt& not_built) {
  for (const auto& entry : map.entries()) {
    const base::YamlNode& key = entry.first;
    const std::string name = key.text();
    for (const auto& [missing, reason] : not_built) {
      if (missing == name) key.fail(scope + ": '" + name + "' is not supported yet: " + reason);
    }
  }
  base::read_map(map, keys);
}

std::vector<Rule> read_rules(const base::YamlNode& list, const std::string& scope,
                             const std::string& kind) {
  std::vector<Rule> rules;
  for (const base::YamlNode& item : list.items()) {
    Rule rule = item.is_map() ? read_constrained(item, scope, kind) : Rule{read_pattern(item), {}};
    rule.source = {scope, kind, rule.pattern, item.file(), item.line()};
    if (rule.arguments) rule.source.arguments = rule.arguments->text();
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Rule> read_patterns(const base::YamlNode& list, const std::string& scope,
                                const std::string& kind, const std::string& form) {
  std::vector<Rule> rules;
  for (const base::YamlNode& item : list.items()) {
    const std::string pattern = read_pattern(item, form);
    rules.push_back({pattern, {scope, kind, pattern, item.file(), item.line()}, {}});
  }
  return rules;
}

std::string read_pattern(const base::YamlNode& node, const std::string& form) {
  const std::string pattern = node.text();
  if (pattern.empty()) node.fail("a pattern must not be empty");
  if (std::any_of(pattern.begin(), pattern.end(), is_blank_or_control)) {
    node.fail("a pattern must not hold blanks or control characters");
  }
  const std::size_t part = pattern.find_first_of("*/:");
  if (part == std::string::npos) {
    node.fail("the pattern '" + pattern + "' can never match: " + form + ", as in '" + pattern + "/*'");
  }
  if (pattern[part] == ':') {
    node.fail("the pattern '" + pattern + "' can never match: " + form +
              ", and no server has ':' in its name");
  }
  return pattern;
}

std::string read_name(const base::YamlNode& node, const std::string& what) {
  const std::string name = node.text();
  if (name.empty()) node.fail("the " + what + "'s name must not be empty");
  if (name.find_first_not_of(name_characters) != std::string::npos) {
    node.fail("the " + what + "'s name may hold letters, digits, '_', '.' and '-' alone; found '" +
              name + "'");
  }
  return name;
}

}  // namespace policies
