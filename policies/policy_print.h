#pragma once

#include <string>

#include "base/json.h"
#include "policies/rule.h"

namespace policies {

/// The document as a policy file has it, names in order. Amounts of money are text, since a number
/// would not hold them exactly.
base::Json policy_json(const PolicyDocument& document);

/// The same as YAML. Parsing it gives the same policy: policy_version() is equal.
std::string policy_yaml(const PolicyDocument& document);

}  // namespace policies
