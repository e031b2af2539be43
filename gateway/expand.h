#pragma once

#include <filesystem>
#include <string>

#include "base/yaml.h"

namespace gateway {

/// A text after `${env:NAME}` and `${file:PATH}` were replaced.
struct Expanded {
  std::string text;
  std::string missing;  ///< why one of them has no value; "" when all have one
};

/// Expands a scalar. `${env:NAME:-default}` takes the default when the variable is unset or empty,
/// `${file:PATH:-default}` when the file cannot be read; PATH is relative to `directory`, and line
/// ends at the end of the file are dropped. A form that does not exist is a base::ConfigError. No
/// message shows a value.
Expanded expand(const base::YamlNode& node, const std::filesystem::path& directory);

/// The same where a missing value is an error.
std::string expand_or_fail(const base::YamlNode& node, const std::filesystem::path& directory);

}  // namespace gateway
