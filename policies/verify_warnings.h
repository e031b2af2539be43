#pragma once

#include <string>
#include <vector>

#include "policies/rule.h"

namespace policies {

/// Warnings of calls whose outcome nobody would find out: the verify tool's server is not there, an
/// agent that may call a tool may not call the one that verifies it, or people would be asked about
/// that. `servers` are the configuration's; empty when they are not known. One line each.
std::vector<std::string> verify_warnings(const PolicyDocument& document,
                                         const std::vector<std::string>& servers);

}  // namespace policies
