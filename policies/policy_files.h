#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "policies/rule.h"

namespace policies {

/// Reads and merges policy files. Throws base::ConfigError (file:line:column, a sentence, the
/// nearest valid name) for unknown or duplicate keys, bad values, a name defined twice (naming both
/// places), a role, tenant or include that does not exist, include cycles, and for every key of
/// design §4 that this build does not carry out yet: nothing is accepted and ignored.
PolicyDocument load_policy_files(const std::vector<std::filesystem::path>& files);

/// The same from texts, each with the name that it has in errors.
PolicyDocument parse_policies(const std::vector<std::pair<std::string, std::string>>& texts);

/// The same from one text, `file` naming it in errors.
PolicyDocument parse_policy(const std::string& text, const std::string& file);

}  // namespace policies
