#include "tools/schema/number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <functional>

namespace tools::schema {
namespace {

using base::Json;

__extension__ using Wide = unsigned __int128;

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

Decimal normalised(Decimal decimal) {
  if (decimal.digits == 0) return {};
  for (; decimal.digits % 10 == 0; decimal.digits /= 10) ++decimal.exponent;
  return decimal;
}

Decimal from_double(double number) {
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, std::fabs(number), std::chars_format::scientific).ptr;
  Decimal decimal;
  const char* at = text;
  bool fraction = false;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (fraction) --decimal.exponent;
  }
  int exponent = 0;
  if (at != end && *++at == '+') ++at;
  std::from_chars(at, end, exponent);
  decimal.exponent += exponent;
  return normalised(decimal);
}

std::uint64_t power_of_ten(int exponent, std::uint64_t modulus) {
  Wide result = 1 % modulus;
  for (Wide factor = 10 % modulus; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = result * factor % modulus;
    factor = factor * factor % modulus;
  }
  return static_cast<std::uint64_t>(result);
}

}  // namespace

long double exact(const Json& number) {
  if (const auto* natural = number.get_ptr<const Json::number_unsigned_t*>()) return *natural;
  if (const auto* integer = number.get_ptr<const Json::number_integer_t*>()) return *integer;
  return *number.get_ptr<const Json::number_float_t*>();
}

bool is_integral(double number) { return std::isfinite(number) && std::trunc(number) == number; }

std::size_t hash_number(const Json& number) {
  std::uint64_t bits = 0;
  if (const auto* natural = number.get_ptr<const Json::number_unsigned_t*>()) {
    bits = *natural;
  } else if (const auto* integer = number.get_ptr<const Json::number_integer_t*>()) {
    bits = static_cast<std::uint64_t>(*integer);
  } else {
    const double real = *number.get_ptr<const Json::number_float_t*>();
    if (!is_integral(real) || real < -two_to_63 || real >= two_to_64)
      return std::hash<std::uint64_t>{}(std::bit_cast<std::uint64_t>(real));
    bits = real < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(real))
                    : static_cast<std::uint64_t>(real);
  }
  return std::hash<std::uint64_t>{}(bits);
}

Decimal to_decimal(const Json& number) {
  if (const auto* natural = number.get_ptr<const Json::number_unsigned_t*>())
    return normalised({*natural, 0});
  if (const auto* integer = number.get_ptr<const Json::number_integer_t*>()) {
    const auto bits = static_cast<std::uint64_t>(*integer);
    return normalised({*integer < 0 ? ~bits + 1 : bits, 0});
  }
  return from_double(*number.get_ptr<const Json::number_float_t*>());
}

bool is_multiple(const Decimal& value, const Decimal& divisor) {
  if (value.digits == 0) return true;
  int shift = value.exponent - divisor.exponent;
  if (shift >= 0) {
    const Wide rest = Wide{value.digits % divisor.digits} * power_of_ten(shift, divisor.digits);
    return rest % divisor.digits == 0;
  }
  // value.digits · 10^shift with a negative shift: the divisor grows until it exceeds the digits.
  Wide grown = divisor.digits;
  for (; shift < 0 && grown <= value.digits; ++shift) grown *= 10;
  return shift == 0 && value.digits % grown == 0;
}

}  // namespace tools::schema
