#include "policies/ledger/window.h"

#include <catch2/catch.hpp>

namespace window_test {

using namespace policies::ledger;

namespace {

// Seconds since the epoch, from `date -u -d TIME +%s`.
WallTime at(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }
std::int64_t seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
Window window(Window::Unit unit, const char* zone = "UTC") {
  return {unit, std::chrono::hours(24), find_time_zone(zone)};
}

constexpr std::int64_t friday_noon = 1'795'176'000;  // 2026-11-20T12:00:00Z

}  // namespace

TEST_CASE("calendar windows begin and end with their unit", "[ledger]") {
  const auto span = [](Window::Unit unit) {
    const Span s = window(unit).booking(at(friday_noon + 61));
    return std::pair(seconds(s.start) - friday_noon, seconds(s.end) - friday_noon);
  };
  constexpr std::int64_t hour = 3'600, day = 86'400;
  CHECK(span(Window::Unit::hour) == std::pair<std::int64_t, std::int64_t>(0, hour));
  CHECK(span(Window::Unit::day) == std::pair<std::int64_t, std::int64_t>(-day / 2, day / 2));
  CHECK(span(Window::Unit::week) ==
        std::pair<std::int64_t, std::int64_t>(-4 * day - day / 2, 2 * day + day / 2));
  CHECK(span(Window::Unit::month) ==
        std::pair<std::int64_t, std::int64_t>(-19 * day - day / 2, 10 * day + day / 2));
}

TEST_CASE("a day is that of the time zone, however long it is", "[ledger]") {
  // 2026-10-25, when clocks in Berlin are set back: 25 hours from 2026-10-24T22:00Z.
  const Span span = window(Window::Unit::day, "Europe/Berlin").booking(at(1'792'922'400));
  CHECK(seconds(span.start) == 1'792'879'200);
  CHECK(seconds(span.end) - seconds(span.start) == 25 * 3'600);
}

TEST_CASE("a rolling window forgets a part only when all of it is older than the window",
          "[ledger]") {
  const Window rolling = window(Window::Unit::rolling);
  for (int minute = 0; minute < 60; ++minute) {
    const WallTime now = at(friday_noon + minute * 60 + 7);
    const Span span = rolling.booking(now);
    CHECK(span.start <= now);
    CHECK(now < span.until);
    CHECK(span.end == span.until + std::chrono::hours(24));
  }
}

TEST_CASE("unknown time zones are none", "[ledger]") {
  CHECK(find_time_zone("Europe/Berlin") != nullptr);
  CHECK(find_time_zone("Europe/Berlim") == nullptr);
  CHECK(find_time_zone("") == nullptr);
}

}  // namespace window_test
