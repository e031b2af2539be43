#pragma once

#include <string>

#include "policies/rule.h"

namespace policies {

/// Hex SHA-256 over a canonical print of all rules: where they are written (file, line) does not
/// count.
std::string policy_version(const PolicyDocument& document);

}  // namespace policies
