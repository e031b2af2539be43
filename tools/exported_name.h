#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tools {

/// Clients add prefixes of their own to names that models may bound at 64 characters.
inline constexpr std::size_t usual_exported_name = 50;

/// The name under which a tool is offered: `prefix__tool`, or the tool's own name for an empty
/// prefix (design §3). Characters outside [A-Za-z0-9_-] become `_`. A name that was changed or is
/// too long ends in a hash of the tool id `server/tool`, so that it is the same on every start and
/// different ids stay different.
std::string exported_name(std::string_view prefix, std::string_view server, std::string_view tool,
                          std::size_t longest = usual_exported_name);

/// The same, always with the hash: for the later of two tools whose names came out equal. Should
/// this be taken as well, the next `attempt` is another one.
std::string distinct_name(std::string_view prefix, std::string_view server, std::string_view tool,
                          std::size_t longest = usual_exported_name, unsigned attempt = 0);

/// The exported name, or when that is taken one with the server's name in it.
std::string free_name(std::string_view prefix, std::string_view server, std::string_view tool,
                      std::size_t longest,
                      const std::function<bool(const std::string&)>& is_taken);

}  // namespace tools
