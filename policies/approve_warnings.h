#pragma once

#include <string>
#include <vector>

#include "policies/rule.h"

namespace policies {

/// Warnings of `approve` entries that leave an agent with too few people who may decide, because
/// its owner is one of them. One line each, with file and line.
std::vector<std::string> approve_warnings(const PolicyDocument& document);

}  // namespace policies
