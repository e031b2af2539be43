#pragma once

#include <string_view>

#include "policies/rule.h"

namespace policies {

/// The only agent of local_policy().
inline constexpr std::string_view local_agent = "local";

/// The policy of a configuration without `policies:`, which serves loopback only: one agent,
/// `local`, that may call everything (design §4).
PolicyDocument local_policy();

}  // namespace policies
