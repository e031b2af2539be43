#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace policies::ledger {

using WallTime = std::chrono::system_clock::time_point;

/// A time zone of the IANA database, by name. Null when there is none of that name. It lives as
/// long as the process.
const date::time_zone* find_time_zone(const std::string& name);

/// What is spent from `start` until `until` is booked together, and counts until `end`.
struct Span {
  WallTime start, until, end;
};

/// The window of a budget: `hour`, `day`, `week` (from Monday) and `month` follow the calendar of
/// a time zone, a duration such as `24h` rolls.
struct Window {
  enum class Unit { hour, day, week, month, rolling } unit = Unit::day;
  std::chrono::seconds length{0};  ///< of a rolling window
  const date::time_zone* zone = nullptr;

  /// In how many parts a rolling window forgets. What was spent counts until the whole part in
  /// which it was spent is older than the window, so that no interval of that length holds more
  /// than the limit.
  static constexpr int parts = 60;

  /// The span in which `now` lies.
  Span booking(WallTime now) const;
  bool operator==(const Window&) const = default;
};

/// `hour`, `day`, `week`, `month`, or the duration in hours or days.
std::string to_string(const Window& window);

}  // namespace policies::ledger
