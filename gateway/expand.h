#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/yaml.h"

namespace gateway {

/// A text after `${env:NAME}` and `${file:PATH}` were replaced.
struct Expanded {
  std::string text;
  std::string missing;  ///< why one of them has no value; "" when all have one
  std::vector<std::string> values;  ///< what came from elsewhere: it may be secret
};

/// What stands between `${` and `}`: `KIND:NAME`, or `NAME` alone, and `:-` before a default.
struct Reference {
  std::string kind, name;
  std::optional<std::string> fallback;
};

/// The value of a reference; nullopt when it has none, and the reason in `missing`. The default has
/// been left to it.
using ReferenceLookup = std::function<std::optional<std::string>(
    const base::YamlNode& node, const Reference& reference, std::string& missing)>;

/// Expands the references of a scalar with `lookup`.
Expanded expand_references(const base::YamlNode& node, const ReferenceLookup& lookup);

/// An environment variable of this process. With a default, an empty one counts as unset.
std::optional<std::string> read_variable(const Reference& reference, std::string& missing);

/// A whole file of at most 64 KiB without the line ends at its end.
std::optional<std::string> read_value_file(const std::filesystem::path& path, std::string& missing);

/// Expands a scalar. `${env:NAME:-default}` takes the default when the variable is unset or empty,
/// `${file:PATH:-default}` when the file cannot be read; PATH is relative to `directory`, and line
/// ends at the end of the file are dropped. A form that does not exist is a base::ConfigError. No
/// message shows a value.
Expanded expand(const base::YamlNode& node, const std::filesystem::path& directory);

/// The same where a missing value is an error.
std::string expand_or_fail(const base::YamlNode& node, const std::filesystem::path& directory);

}  // namespace gateway
