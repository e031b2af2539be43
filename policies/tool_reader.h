#pragma once

#include <string>

#include "base/yaml.h"
#include "policies/rule.h"

namespace policies {

/// An entry under `tools`: what it says of the tools that `pattern` matches.
ToolSettings read_tool(const std::string& pattern, const base::YamlNode& node);

}  // namespace policies
