#include "policies/ledger/redis_gathering.h"

#include <catch2/catch.hpp>

namespace redis_gathering_test {

using policies::ledger::RedisGathering;
using namespace std::chrono_literals;

namespace {

const base::SteadyTime sent{1h}, answered = sent + 1ms;

}  // namespace

TEST_CASE("what waits goes at once when nothing was answered before", "[redis]") {
  const RedisGathering gathering;
  CHECK(gathering.left(1, sent) == 0ms);
}

TEST_CASE("what waits goes with the calls that were answered, but for a few", "[redis]") {
  RedisGathering gathering;
  gathering.answered(16, 3, sent, answered);
  CHECK(gathering.left(1, answered) > 0ms);
  CHECK(gathering.left(16, answered) > 0ms);
  CHECK(gathering.left(17, answered) == 0ms);
}

TEST_CASE("a call that is alone waits for none", "[redis]") {
  RedisGathering gathering;
  for (int call = 0; call < 3; ++call) {
    gathering.answered(1, 0, sent, answered);
    CHECK(gathering.left(1, answered) == 0ms);
    gathering.sent(1);
  }
}

TEST_CASE("what waits does so for two round trips at most", "[redis]") {
  RedisGathering gathering;
  gathering.answered(16, 1, sent, answered);
  CHECK(gathering.left(1, answered) == 2ms);
  CHECK(gathering.left(1, answered + 1500us) == 500us);
  CHECK(gathering.left(1, answered + 2ms) == 0ms);
  CHECK(gathering.left(1, answered + 1h) == 0ms);
}

TEST_CASE("a Redis that took long is not waited for as long again", "[redis]") {
  RedisGathering gathering;
  gathering.answered(16, 1, sent, sent + 1s);
  CHECK(gathering.left(1, sent + 1s) == 5ms);
}

TEST_CASE("what was sent is waited for no more", "[redis]") {
  RedisGathering gathering;
  gathering.answered(16, 0, sent, answered);
  gathering.sent(14);
  CHECK(gathering.left(1, answered) == 0ms);
}

TEST_CASE("after waiting in vain it is left alone, longer each time", "[redis]") {
  RedisGathering gathering;
  const auto goes_at_once = [&] {
    gathering.answered(16, 1, sent, answered);
    return gathering.left(1, answered) == 0ms;
  };
  for (const int times : {1, 3, 7, 15, 31, 63, 64, 64}) {
    REQUIRE_FALSE(goes_at_once());
    gathering.sent(2);
    int left_alone = 0;
    while (goes_at_once()) {
      gathering.sent(1);
      ++left_alone;
    }
    CHECK(left_alone == times);
  }
  gathering.sent(9);  // half of them came
  CHECK_FALSE(goes_at_once());
}

TEST_CASE("a batch that only tells how calls ended makes nothing wait", "[redis]") {
  RedisGathering gathering;
  gathering.answered(0, 1, sent, answered);
  CHECK(gathering.left(1, answered) == 0ms);
}

}  // namespace redis_gathering_test
