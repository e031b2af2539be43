#pragma once

#include <chrono>
#include <string>

namespace base {

/// Appends `time` in UTC as RFC 3339 with `digits` (0 to 6) digits of the second's fraction, e.g.
/// `2026-11-21T04:05:06.789Z`. Thread-safe.
void append_rfc3339(std::string& out, std::chrono::system_clock::time_point time, int digits);

/// The same as a text of its own.
std::string rfc3339(std::chrono::system_clock::time_point time, int digits);

}  // namespace base
