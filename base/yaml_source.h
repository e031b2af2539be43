#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

constexpr std::size_t max_yaml_bytes = 1 << 20;

/// Refuses, before yaml-cpp sees it, a text that it would misread: too large, not UTF-8, a control
/// character (yaml-cpp takes 0x04 for the end of the file), a lone carriage return, a directive
/// (which it ignores).
void check_yaml_source(std::string_view text, const std::string& file);

/// Whether the quoted scalar that begins at `start` is closed; yaml-cpp accepts one that the end of
/// the file cuts off.
bool is_closed_scalar(std::string_view text, std::size_t start);

}  // namespace base
