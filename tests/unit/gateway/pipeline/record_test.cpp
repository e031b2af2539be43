#include "gateway/pipeline/record.h"

#include <catch2/catch.hpp>

using gateway::pipeline::rfc3339;

TEST_CASE("times are written in UTC with microseconds", "[pipeline]") {
  const std::chrono::system_clock::time_point time(
      std::chrono::microseconds(1'763'683'200'000'042));
  CHECK(rfc3339(time) == "2025-11-21T00:00:00.000042Z");
}
