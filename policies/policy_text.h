#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/yaml.h"
#include "policies/rule.h"

namespace policies {

/// Keys of design §4 that this build does not carry out, with what is missing.
using NotBuilt = std::vector<std::pair<std::string, std::string>>;

/// base::read_map, with the scope (`role writer`) named in the refusal of what is not built.
void read_scope(const base::YamlNode& map, const std::string& scope,
                const std::vector<base::YamlKey>& keys, const NotBuilt& not_built);

/// The list under `allow:` or `deny:` (`kind`): patterns, or maps of a pattern and what the
/// arguments must be like.
std::vector<Rule> read_rules(const base::YamlNode& list, const std::string& scope,
                             const std::string& kind);

/// A list of patterns alone. `form` says what they are matched against.
std::vector<Rule> read_patterns(const base::YamlNode& list, const std::string& scope,
                                const std::string& kind, const std::string& form);

/// Fails unless `node` holds a pattern that can match what `form` says.
std::string read_pattern(const base::YamlNode& node,
                         const std::string& form = "tools are named server/tool");

/// Fails unless `node` holds letters, digits, `_`, `.` and `-` alone. `what` is, for example,
/// `role`.
std::string read_name(const base::YamlNode& node, const std::string& what);

}  // namespace policies
