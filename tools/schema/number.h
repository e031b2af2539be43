#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/json.h"

namespace tools::schema {

// Wide enough for int64, uint64 and double: all comparisons are exact.
static_assert(std::numeric_limits<long double>::digits >= 64);

/// The value of a JSON number, exactly.
long double exact(const base::Json& number);

/// Whether the number has no fraction: 1.0 is an integer (JSON Schema Core §4.2.1).
bool is_integral(double number);

/// Equal numbers have equal hashes, however they are written.
std::size_t hash_number(const base::Json& number);

/// A number's absolute value as digits · 10^exponent, in the shortest form that reads back as the
/// same double: what was written, so that 0.07 is a multiple of 0.01. Digits do not end in 0.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

Decimal to_decimal(const base::Json& number);

/// Whether `value` is an integer multiple of `divisor`, in exact decimal arithmetic. `divisor` is
/// not 0.
bool is_multiple(const Decimal& value, const Decimal& divisor);

}  // namespace tools::schema
