#include "runtime/price.h"

#include <algorithm>

namespace runtime {
namespace {

/// More tokens than any answer has; so bounded, no sum overflows.
constexpr std::int64_t most_tokens = 100'000'000;

// tokens · price / per, rounded up. price / per is at most 10⁹, per at most 10⁹.
Nanos part(std::int64_t tokens, Nanos price, std::int64_t per) {
  tokens = std::clamp<std::int64_t>(tokens, 0, most_tokens);
  return tokens * (price / per) + (tokens * (price % per) + per - 1) / per;
}

}  // namespace

Nanos Price::of(const Usage& usage) const {
  return part(usage.input, input, per) + part(usage.output, output, per) +
         part(usage.cache_read, cache_read, per) + part(usage.cache_write, cache_write, per);
}

Nanos Price::at_most(std::int64_t bytes, std::int64_t max_tokens) const {
  const Nanos dearest = std::max({input, cache_read, cache_write});
  return part(bytes, dearest, per) + part(max_tokens, output, per) + 4;
}

}  // namespace runtime
