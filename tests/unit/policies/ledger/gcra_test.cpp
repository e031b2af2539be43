#include "policies/ledger/gcra.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include <catch2/catch.hpp>

namespace gcra_test {

using policies::ledger::Gcra;
using std::chrono::nanoseconds;

namespace {

// The same limit, thought of as a bucket that leaks: every call pours `interval` into it, it leaks
// by the nanosecond, and a call is allowed as long as `tolerance` is not exceeded before it.
class LeakyBucket {
 public:
  explicit LeakyBucket(const Gcra& gcra)
      : pour_(gcra.interval.count()), depth_(gcra.tolerance.count()) {}

  bool take(std::int64_t now) {
    level_ = std::max<std::int64_t>(0, level_ - (now - last_));
    last_ = now;
    if (level_ > depth_) return false;
    level_ += pour_;
    return true;
  }

 private:
  std::int64_t pour_, depth_, level_ = 0, last_ = 0;
};

// SLUICE_GCRA_ARRIVALS=1000000 is the full size; a hundred parameter sets in any case.
std::int64_t arrivals() {
  const char* text = std::getenv("SLUICE_GCRA_ARRIVALS");
  return text == nullptr ? 10'000 : std::stoll(text);
}

}  // namespace

TEST_CASE("GCRA decides as a leaky bucket does", "[ledger]") {
  std::mt19937_64 random(20261121);
  for (int set = 0; set < 100; ++set) {
    const auto pick = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    const std::int64_t periods[] = {1'000'000'000, 60'000'000'000, 3'600'000'000'000};
    const Gcra gcra(pick(1, 5'000), nanoseconds(periods[pick(0, 2)]), pick(1, 200));
    LeakyBucket reference(gcra);
    nanoseconds arrival{0}, now{0};
    const std::int64_t mean = gcra.interval.count() * pick(1, 40) / 20 + 1;
    std::int64_t different = 0, miscounted = 0, allowed = 0;
    for (std::int64_t call = 0; call < arrivals(); ++call) {
      // Bursts at one instant, and pauses.
      const std::int64_t kind = pick(0, 9);
      now += nanoseconds(kind < 4 ? 0 : kind == 9 ? pick(0, 20 * mean) : pick(0, 2 * mean));
      const bool allow = gcra.wait(arrival, now).count() <= 0;
      miscounted += (gcra.remaining(arrival, now) > 0) == allow ? 0 : 1;
      if (allow) arrival = gcra.after(arrival, now);
      allowed += allow ? 1 : 0;
      different += allow == reference.take(now.count()) ? 0 : 1;
    }
    CAPTURE(set, gcra.interval.count(), gcra.tolerance.count());
    CHECK(different == 0);
    CHECK(miscounted == 0);
    CHECK(allowed > 0);
  }
}

TEST_CASE("a rate that does not divide its period is rounded to the slower side", "[ledger]") {
  const Gcra gcra(7, std::chrono::seconds(1), 1);
  CHECK(gcra.interval * 7 >= std::chrono::seconds(1));
  CHECK((gcra.interval - nanoseconds(1)) * 7 < std::chrono::seconds(1));
}

}  // namespace gcra_test
