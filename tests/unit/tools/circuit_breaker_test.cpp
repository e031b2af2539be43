#include "tools/circuit_breaker.h"

#include <catch2/catch.hpp>

#include "tools/retry_budget.h"

namespace circuit_breaker_test {

using tools::CircuitBreaker;
using State = CircuitBreaker::State;
using namespace std::chrono_literals;

namespace {

struct Breaker : CircuitBreaker {
  base::SteadyTime now{1'000'000s};

  Breaker() = default;
  void fail(unsigned times) {
    for (unsigned i = 0; i < times; ++i) failed(now);
  }
  void open_up() { fail(failures_to_open); }
  bool call() { return admit(now); }
};

}  // namespace

TEST_CASE("a breaker opens after failures in a row, not after single ones", "[circuit_breaker]") {
  Breaker breaker;
  for (int round = 0; round < 10; ++round) {
    breaker.fail(CircuitBreaker::failures_to_open - 1);
    CHECK(breaker.call());
    breaker.succeeded();
  }
  CHECK(breaker.state() == State::closed);
  breaker.open_up();
  CHECK(breaker.state() == State::open);
  CHECK_FALSE(breaker.call());
  CHECK(breaker.pause_left(breaker.now) <= CircuitBreaker::first_pause);
}

TEST_CASE("after its pause one call is the probe, and what becomes of it decides",
          "[circuit_breaker]") {
  Breaker breaker;
  breaker.open_up();
  breaker.now += CircuitBreaker::first_pause;
  CHECK(breaker.call());
  CHECK(breaker.state() == State::half_open);
  CHECK_FALSE(breaker.call());
  breaker.fail(1);
  CHECK(breaker.state() == State::open);
  CHECK_FALSE(breaker.call());
  breaker.now += 2 * CircuitBreaker::first_pause;
  CHECK(breaker.call());
  breaker.succeeded();
  CHECK(breaker.state() == State::closed);
  CHECK(breaker.call());
  CHECK(breaker.pause_left(breaker.now) == 0ms);
}

TEST_CASE("a probe that nothing is heard of keeps the next one away for a pause only",
          "[circuit_breaker]") {
  Breaker breaker;
  breaker.open_up();
  breaker.now += CircuitBreaker::first_pause;
  CHECK(breaker.call());
  breaker.now += CircuitBreaker::first_pause;
  CHECK(breaker.call());
  breaker.undecided();
  CHECK(breaker.call());
}

TEST_CASE("pauses grow no longer than their bound", "[circuit_breaker]") {
  Breaker breaker;
  breaker.open_up();
  for (int i = 0; i < 20; ++i) {
    breaker.now += CircuitBreaker::longest_pause;
    REQUIRE(breaker.call());
    breaker.fail(1);
    REQUIRE(breaker.pause_left(breaker.now) > 0ms);
    REQUIRE(breaker.pause_left(breaker.now) <= CircuitBreaker::longest_pause);
  }
}

TEST_CASE("failures of calls that went out before it opened open it no longer",
          "[circuit_breaker]") {
  Breaker breaker;
  breaker.open_up();
  const auto left = breaker.pause_left(breaker.now);
  breaker.fail(100);
  CHECK(breaker.pause_left(breaker.now) == left);
}

TEST_CASE("repetitions are a tenth of the calls, with a small reserve", "[retry_budget]") {
  tools::RetryBudget budget;
  int repeated = 0;
  while (budget.spend()) ++repeated;
  CHECK(repeated == 10);
  for (int i = 0; i < 9; ++i) budget.earn();
  CHECK_FALSE(budget.spend());
  budget.earn();
  CHECK(budget.spend());
  CHECK_FALSE(budget.spend());
}

}  // namespace circuit_breaker_test
