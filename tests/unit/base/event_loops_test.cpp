#include "base/event_loops.h"

#include <atomic>

#include <catch2/catch.hpp>

namespace event_loops_test {

using base::EventLoops;
using base::Loop;

TEST_CASE("a loop that is stopped ends what waits, however long it would have waited", "[event_loops]") {
  EventLoops loops(2);
  std::atomic<int> woken{0};
  const auto wait = [](Loop& loop, std::atomic<int>& count) -> base::Task<void> {
    const bool went_on = co_await loop.sleep(std::chrono::hours(1));
    if (!went_on) ++count;
  };
  loops.at(0).spawn(wait(loops.at(0), woken));
  loops.at(1).spawn(wait(loops.at(1), woken));
  loops.start();
  loops.stop();
  CHECK(woken == 2);
}

TEST_CASE("a deadline that outlives its loop's end does not keep it from ending", "[event_loops]") {
  EventLoops loops(1);
  base::Deadline kept(loops.at(0).watchdog(), [] {});
  loops.start();
  loops.stop();
  CHECK(kept.expired());
}

}  // namespace event_loops_test
