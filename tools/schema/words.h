#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"

namespace tools::schema {

/// Bytes of a value that is shown, and of a list of what would have been right.
inline constexpr std::size_t found_bytes = 80;
inline constexpr std::size_t expected_bytes = 240;

/// At most `bytes` of `text`, cut between code points; an ellipsis shows the cut.
std::string shorten(std::string_view text, std::size_t bytes);

/// A value in few words: a scalar as JSON, an array or object by its size.
std::string brief(const base::Json& value);

/// The same with its type in front: `string "abc"`.
std::string brief_with_type(const base::Json& value);

/// `3 items`, `1 item`.
std::string counted(std::size_t count, std::string_view noun);

/// A name in quotes, shortened.
std::string in_quotes(std::string_view name);

}  // namespace tools::schema
