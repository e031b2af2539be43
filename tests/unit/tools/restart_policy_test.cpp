#include "tools/restart_policy.h"

#include <catch2/catch.hpp>

namespace restart_policy_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using tools::RestartPolicy;

namespace {
const base::SteadyTime start = std::chrono::steady_clock::now();
}

TEST_CASE("pauses double from 250 ms to 30 s", "[restart_policy]") {
  RestartPolicy policy;
  for (const int pause : {250, 500, 1000, 2000, 4000, 8000, 16'000, 30'000, 30'000}) {
    CHECK(policy.failed(start) == milliseconds(pause));
  }
}

TEST_CASE("eight failures within five minutes are a crash loop, until it is reset",
          "[restart_policy]") {
  RestartPolicy policy;
  for (int i = 0; i < 7; ++i) policy.failed(start + seconds(40 * i));
  CHECK_FALSE(policy.is_crash_loop());
  policy.failed(start + seconds(290));
  CHECK(policy.is_crash_loop());
  policy.reset();
  CHECK_FALSE(policy.is_crash_loop());
  CHECK(policy.failed(start) == milliseconds(250));
}

TEST_CASE("failures that lie further apart are none", "[restart_policy]") {
  RestartPolicy policy;
  for (int i = 0; i < 50; ++i) policy.failed(start + minutes(i));
  CHECK_FALSE(policy.is_crash_loop());
}

TEST_CASE("a server that lived for a minute is trusted again, one that did not is not",
          "[restart_policy]") {
  RestartPolicy policy;
  for (int i = 0; i < 7; ++i) policy.failed(start);
  policy.lived(start, start + seconds(59));
  policy.failed(start + seconds(59));
  CHECK(policy.is_crash_loop());
  policy.lived(start, start + seconds(60));
  CHECK_FALSE(policy.is_crash_loop());
}

}  // namespace restart_policy_test
