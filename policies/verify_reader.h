#pragma once

#include <string>

#include "base/yaml.h"
#include "policies/verification.h"

namespace policies {

/// `verify:` of the tools that `scope` names. Which effect the verify tool has is not known here:
/// `tool` is its node, for those who look.
struct ReadVerification {
  Verification verification;
  base::YamlNode tool;
};
ReadVerification read_verification(const base::YamlNode& node, const std::string& scope);

}  // namespace policies
