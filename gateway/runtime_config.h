#pragma once

#include <filesystem>

#include "base/yaml.h"
#include "policies/policy_files.h"
#include "runtime/settings.h"

namespace gateway {

/// Reads `runtime:`. Paths are relative to `directory`. Throws base::ConfigError.
runtime::Settings read_runtime(const base::YamlNode& node, const std::filesystem::path& directory);

/// Agents of the runtime have the rights of the policy's agents of the same name: throws
/// base::ConfigError when there is none.
void check_runtime_agents(const runtime::Settings& settings,
                          const policies::PolicyDocument& policy);

}  // namespace gateway
