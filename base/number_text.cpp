#include "base/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace base {
namespace {

// No double needs more significant digits than this to be told from every other (max_digits10).
constexpr std::size_t most_digits = 17;

// A decimal as 0.d1d2…dn × 10^exponent with d1 and dn not zero; zero has no digits and exponent 0.
struct Decimal {
  std::array<char, most_digits> digits{};
  std::size_t count = 0;
  std::int64_t exponent = 0;
  bool too_long = false;

  bool operator==(const Decimal&) const = default;
};

// Saturates far beyond any exponent that a text could compensate with digits.
std::int64_t read_exponent(std::string_view text) {
  constexpr std::int64_t bound = std::int64_t{1} << 52;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char digit : text) value = std::min(bound, value * 10 + (digit - '0'));
  return negative ? -value : value;
}

// Collects digits; zeros wait until a digit follows, so that trailing ones never count.
void read_mantissa(std::string_view text, Decimal& decimal) {
  std::size_t zeros = 0;
  bool behind_point = false;
  for (const char c : text) {
    if (c == '-') continue;
    if (c < '0' || c > '9') {
      behind_point = true;
      continue;
    }
    const bool leading_zero = c == '0' && decimal.count == 0;
    if (leading_zero && behind_point) --decimal.exponent;
    if (!leading_zero && !behind_point) ++decimal.exponent;
    if (c == '0') {
      zeros += leading_zero ? 0 : 1;
      continue;
    }
    if (decimal.count + zeros + 1 > most_digits) {
      decimal.too_long = true;
      return;
    }
    // The skipped places are '0' only when written here: the array starts out with NUL bytes.
    std::fill_n(decimal.digits.begin() + static_cast<std::ptrdiff_t>(decimal.count), zeros, '0');
    decimal.count += zeros;
    decimal.digits[decimal.count++] = c;
    zeros = 0;
  }
}

Decimal normalise(std::string_view text) {
  Decimal decimal;
  const std::size_t split = text.find_first_of("eE");
  read_mantissa(text.substr(0, split), decimal);
  if (decimal.count == 0) return {};
  if (split != std::string_view::npos) decimal.exponent += read_exponent(text.substr(split + 1));
  return decimal;
}

}  // namespace

bool double_keeps(std::string_view text, double value) {
  const Decimal written = normalise(text);
  if (written.too_long) return false;
  std::array<char, 32> buffer;  // the shortest text of a double has at most 24 characters
  // Scientific: the fixed form of a large double writes digits that are not needed to tell it from
  // others.
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  return written == normalise({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

bool is_integer_text(std::string_view text) {
  return text.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace base
