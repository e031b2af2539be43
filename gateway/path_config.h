#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/yaml.h"

namespace gateway {

/// The files that a list of patterns (glob(7)) names, absolute: pattern after pattern, those of one
/// pattern sorted, each file once. A pattern that matches no file, and an empty list, are errors.
std::vector<std::filesystem::path> match_files(const base::YamlNode& list,
                                               const std::filesystem::path& directory);

/// The file that `sqlite:PATH` names, absolute.
std::filesystem::path parse_database(const base::YamlNode& node,
                                     const std::filesystem::path& directory);

}  // namespace gateway
