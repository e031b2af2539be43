#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/yaml.h"

namespace gateway {

/// The files that a list of patterns (glob(7)) names, absolute: pattern after pattern, those of one
/// pattern sorted, each file once. A pattern that matches no file is an error, and so is an empty
/// list; with `none_yet`, a pattern with wildcards may match no file.
std::vector<std::filesystem::path> match_files(const base::YamlNode& list,
                                               const std::filesystem::path& directory,
                                               bool none_yet = false);

/// The file that `sqlite:PATH` names, absolute.
std::filesystem::path parse_database(const base::YamlNode& node,
                                     const std::filesystem::path& directory);

}  // namespace gateway
