#include "runtime/http_model.h"

#include <catch2/catch.hpp>

namespace http_model_test {

using namespace runtime;
using namespace std::chrono_literals;

TEST_CASE("the pause before another attempt is a random part of a span that doubles") {
  const HttpModel::Retry retry{5, 100ms, 1s};
  for (int attempt = 1; attempt < 40; ++attempt) {
    const auto pause = pause_before(attempt, retry, "");
    CHECK(pause >= 0ms);
    CHECK(pause <= 100ms * (1LL << std::min(attempt - 1, 4)));
  }
}

TEST_CASE("a server that says when to come back is heeded, within a bound") {
  const HttpModel::Retry retry;
  CHECK(pause_before(1, retry, "3") == 3s);
  CHECK(pause_before(1, retry, "86400") == 120s);
  CHECK(pause_before(1, retry, "Wed, 21 Oct 2026 07:28:00 GMT") <= retry.first);
  CHECK(pause_before(1, retry, "-1") <= retry.first);
}

TEST_CASE("a key never comes back from a provider, whatever it looks like") {
  CHECK(without_key("no key sk-1, sk-1 given", "sk-1") == "no key [key], [key] given");
  CHECK(without_key("wrong key key", "key") == "wrong [key] [key]");
  CHECK(without_key("[[", "[") == "[key][key]");
  CHECK(without_key("nothing to hide", "") == "nothing to hide");
}

}  // namespace http_model_test
