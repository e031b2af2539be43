#pragma once

#include <string_view>

namespace base {

/// Whether `text`, a JSON number, is still the same number after it was read as `value` and written
/// again with as many digits as a double has. Integers written without point and exponent are
/// judged the same way.
bool double_keeps(std::string_view text, double value);

/// Whether a JSON number is written as an integer: no point and no exponent.
bool is_integer_text(std::string_view text);

}  // namespace base
