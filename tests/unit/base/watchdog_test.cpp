#include "base/watchdog.h"

#include <catch2/catch.hpp>

namespace watchdog_test {

using base::Deadline;
using base::SteadyTime;
using base::Watchdog;
using std::chrono::milliseconds;

namespace {

const SteadyTime start{};

}  // namespace

TEST_CASE("a deadline fires once when its time has come", "[watchdog]") {
  Watchdog watchdog;
  int fired = 0;
  Deadline deadline(watchdog, [&] { ++fired; });
  deadline.set(start + milliseconds(10));
  watchdog.fire(start + milliseconds(9));
  CHECK(fired == 0);
  watchdog.fire(start + milliseconds(10));
  watchdog.fire(start + milliseconds(11));
  CHECK(fired == 1);
  CHECK(deadline.expired());
}

TEST_CASE("a cleared deadline does not fire", "[watchdog]") {
  Watchdog watchdog;
  int fired = 0;
  Deadline deadline(watchdog, [&] { ++fired; });
  deadline.set(start);
  deadline.clear();
  watchdog.fire(start + milliseconds(10));
  CHECK(fired == 0);
}

TEST_CASE("a deadline that is gone does not fire, and its slot serves the next one", "[watchdog]") {
  Watchdog watchdog;
  int old_fired = 0;
  int new_fired = 0;
  {
    Deadline old_one(watchdog, [&] { ++old_fired; });
    old_one.set(start);
  }
  Deadline new_one(watchdog, [&] { ++new_fired; });
  watchdog.fire(start + milliseconds(1));
  CHECK(old_fired == 0);
  CHECK(new_fired == 0);
}

TEST_CASE("an expiry may register further deadlines", "[watchdog]") {
  Watchdog watchdog;
  std::vector<std::unique_ptr<Deadline>> more;
  Deadline deadline(watchdog, [&] {
    for (int i = 0; i < 100; ++i) more.push_back(std::make_unique<Deadline>(watchdog, [] {}));
  });
  deadline.set(start);
  watchdog.fire(start);
  CHECK(more.size() == 100);
}

TEST_CASE("at the end everything expires, whatever its time", "[watchdog]") {
  Watchdog watchdog;
  int fired = 0;
  Deadline never(watchdog, [&] { ++fired; });
  watchdog.expire_all();
  CHECK(fired == 1);
}

}  // namespace watchdog_test
