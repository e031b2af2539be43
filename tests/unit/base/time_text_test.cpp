#include "base/time_text.h"

#include <catch2/catch.hpp>

namespace time_text_test {

using std::chrono::microseconds;
using std::chrono::system_clock;

TEST_CASE("times are written in UTC with the digits asked for", "[time]") {
  const system_clock::time_point time(microseconds(1'763'683'200'000'042));
  CHECK(base::rfc3339(time, 6) == "2025-11-21T00:00:00.000042Z");
  CHECK(base::rfc3339(time, 3) == "2025-11-21T00:00:00.000Z");
  CHECK(base::rfc3339(time, 0) == "2025-11-21T00:00:00Z");
}

TEST_CASE("a time in another second is written anew", "[time]") {
  const system_clock::time_point time(microseconds(1'763'683'200'000'042));
  CHECK(base::rfc3339(time, 0) == "2025-11-21T00:00:00Z");
  CHECK(base::rfc3339(time + std::chrono::seconds(61), 0) == "2025-11-21T00:01:01Z");
  CHECK(base::rfc3339(system_clock::time_point(microseconds(-1)), 6) ==
        "1969-12-31T23:59:59.999999Z");
}

}  // namespace time_text_test
