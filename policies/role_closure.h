#pragma once

#include <set>
#include <string>

#include "policies/rule.h"

namespace policies {

/// The role and all that it includes, directly or not.
std::set<std::string> role_closure(const PolicyDocument& document, const std::string& role);

}  // namespace policies
