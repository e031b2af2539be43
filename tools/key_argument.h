#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tools/server_tool.h"

namespace tools {

/// Of tools that take an idempotency key, by their id `server/tool`, the argument that takes it.
/// Its value is made by Sluice, and nobody who calls the tool is shown it.
using KeyArguments = std::map<std::string, std::string, std::less<>>;

/// The form of all keys: a UUID, which most schemas of keys take.
inline constexpr std::string_view key_form = "00000000-0000-8000-8000-000000000000";

/// Why `tool`, which is not quarantined, cannot be given its key in this argument; "" when it can.
std::string key_problem(const ServerTool& tool, const std::string& argument);

/// A tool's definition as it is shown to callers: its inputSchema neither describes nor requires
/// the argument.
base::Json without_argument(base::Json definition, const std::string& argument);

}  // namespace tools
