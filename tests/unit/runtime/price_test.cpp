#include "runtime/price.h"

#include <catch2/catch.hpp>

namespace price_test {

using namespace runtime;

TEST_CASE("every kind of token is charged once, at its own price, and rounded up") {
  const Price price{150'000'000, 600'000'000, 75'000'000, 187'500'000, 1'000'000};
  CHECK(price.of({1'000'000, 0, 0, 0, true}) == 150'000'000);
  CHECK(price.of({0, 1'000'000, 0, 0, true}) == 75'000'000);
  CHECK(price.of({0, 0, 1'000'000, 0, true}) == 187'500'000);
  CHECK(price.of({0, 0, 0, 1, true}) == 600);
  CHECK(Price{1, 1, 1, 1, 1'000'000}.of({1, 0, 0, 1, true}) == 2);
}

TEST_CASE("no answer costs more than what was reserved for it") {
  const Price price{150'000'001, 600'000'003, 75'000'000, 187'500'007, 1'000'000};
  for (const std::int64_t bytes : {1, 1000, 131'071}) {
    for (const Usage usage : {Usage{bytes, 0, 0, 4096, true}, Usage{0, 0, bytes, 4096, true},
                              Usage{bytes / 2, 0, bytes - bytes / 2, 4096, true}}) {
      CHECK(price.of(usage) <= price.at_most(bytes, 4096));
    }
  }
}

TEST_CASE("absurd numbers of tokens do not overflow") {
  const Price dear{1'000'000'000, 1'000'000'000, 1'000'000'000, 1'000'000'000, 1};
  constexpr std::int64_t absurd = std::numeric_limits<std::int64_t>::max();
  CHECK(dear.of({absurd, absurd, absurd, absurd, true}) > 0);
  CHECK(dear.of({-5, 0, 0, 0, true}) == 0);
}

}  // namespace price_test
