#pragma once

#include <string>
#include <vector>

#include "policies/rule.h"

namespace policies {

/// What `sluice check` warns of: tools without a price under a budget of money, rule_warnings() and
/// approve_warnings(). `servers` are the configuration's; empty when they are not known.
std::vector<std::string> policy_warnings(const PolicyDocument& document,
                                         const std::vector<std::string>& servers = {});

}  // namespace policies
