#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

/// RFC 4648 §4: the standard alphabet, padded.
std::string base64_encode(std::string_view bytes);

/// The inverse, strictly: nothing but the alphabet, padding present, unused bits zero (RFC 4648
/// §3.5); so every text that is accepted is the one that base64_encode writes.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace base
