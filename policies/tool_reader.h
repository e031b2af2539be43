#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"
#include "policies/rule.h"

namespace policies {

/// An entry under `tools`: what it says of the tools that a pattern matches.
struct ReadTool {
  ToolSettings settings;
  std::optional<base::YamlNode> verify_tool;  ///< where one is named, which must be read_only
};
ReadTool read_tool(const std::string& pattern, const base::YamlNode& node);

}  // namespace policies
