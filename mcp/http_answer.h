#pragma once

#include <string_view>

#include "base/result.h"

namespace mcp {

/// Whether a Content-Type header names `type` (RFC 9110 §8.3: parameters follow a semicolon, case
/// does not count).
bool is_media_type(std::string_view header, std::string_view type);

/// Why an answer of this status, which carries no message, is none; as Exchange says it.
base::Error status_error(int status);

}  // namespace mcp
