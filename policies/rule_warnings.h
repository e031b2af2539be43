#pragma once

#include <string>
#include <vector>

#include "policies/rule.h"

namespace policies {

/// Warnings of rules that can never match (no such server, denied anyway, nobody has the role) and
/// of constraints that a missing or differently typed argument would pass, of `approve` too.
/// `servers` are the configuration's; empty when they are not known. One line each, with file and
/// line where there is one.
std::vector<std::string> rule_warnings(const PolicyDocument& document,
                                       const std::vector<std::string>& servers);

}  // namespace policies
