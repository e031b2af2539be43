#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace gateway::commands {

/// Puts `text` in the place of an existing file, which keeps its mode: readers find the old text or
/// the new one, whole, also after a crash. Code::unavailable with a sentence.
base::Status replace_file(const std::filesystem::path& file, const std::string& text);

}  // namespace gateway::commands
