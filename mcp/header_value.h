#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace mcp {

/// Writes a value as an HTTP header field value (2026-07-28, transports, "Encoding"): as it is when it is printable
/// ASCII without surrounding blanks and does not look like the sentinel, else `=?base64?…?=`.
std::string encode_header_value(std::string_view text);

/// The inverse. nullopt when the sentinel's payload is not canonical base64 or not UTF-8; text without the
/// exact lowercase sentinel is literal.
std::optional<std::string> decode_header_value(std::string_view value);

/// The header text of a mirrored argument: a string as it is, an integer in decimal, `true` or `false`.
/// nullopt for null and for what cannot be mirrored (arrays, objects, fractions).
std::optional<std::string> header_text_of(const base::Json& argument);

}  // namespace mcp
