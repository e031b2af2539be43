#pragma once

#include <cstddef>
#include <string_view>

namespace base {

/// The length of the UTF-8 character (RFC 3629: no surrogates, no overlong forms) that `text`
/// starts with; 0 when it starts with none.
std::size_t utf8_length(std::string_view text);

/// Whether all of `text` is UTF-8.
bool is_utf8(std::string_view text);

}  // namespace base
