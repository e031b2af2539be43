#pragma once

#include <string>
#include <vector>

#include "policies/rule.h"

namespace policies {

/// What `sluice check` warns of: tools without a price under a budget of money. One line each, with
/// file and line.
std::vector<std::string> policy_warnings(const PolicyDocument& document);

}  // namespace policies
