#pragma once

#include <cstdint>

#include "runtime/event.h"

namespace runtime {

/// What a model's tokens cost, in nano-units for each `per` of them; at most one unit of the
/// currency a token.
struct Price {
  Nanos input = 0, output = 0, cache_read = 0, cache_write = 0;
  std::int64_t per = 1'000'000;

  /// Rounded up.
  Nanos of(const Usage& usage) const;
  /// The most that a question of so many bytes with an answer of so many tokens can cost: a token
  /// is at least a byte.
  Nanos at_most(std::int64_t bytes, std::int64_t max_tokens) const;
};

}  // namespace runtime
