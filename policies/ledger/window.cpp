#include "policies/ledger/window.h"

#include <algorithm>
#include <stdexcept>

#include <date/date.h>
#include <date/tz.h>

namespace policies::ledger {
namespace {

using LocalDays = date::local_days;

// The first day of the calendar window that holds `day`, and of the one after it.
std::pair<LocalDays, LocalDays> days_around(Window::Unit unit, LocalDays day) {
  if (unit == Window::Unit::week) {
    const LocalDays monday = day - (date::weekday(day) - date::Monday);
    return {monday, monday + date::days(7)};
  }
  if (unit == Window::Unit::month) {
    const date::year_month_day parts(day);
    const date::year_month month = parts.year() / parts.month();
    return {LocalDays(month / 1), LocalDays((month + date::months(1)) / 1)};
  }
  return {day, day + date::days(1)};
}

// A local time that does not exist, or exists twice, begins where the clock says it first.
WallTime to_wall(const date::time_zone& zone, date::local_seconds local) {
  return zone.to_sys(local, date::choose::earliest);
}

Span calendar_span(const Window& window, WallTime now) {
  const auto local = window.zone->to_local(now);
  if (window.unit == Window::Unit::hour) {
    const auto hour = date::floor<std::chrono::hours>(local);
    const WallTime end = to_wall(*window.zone, hour + std::chrono::hours(1));
    return {to_wall(*window.zone, hour), end, end};
  }
  const auto [first, next] = days_around(window.unit, date::floor<date::days>(local));
  const WallTime end = to_wall(*window.zone, next);
  return {to_wall(*window.zone, first), end, end};
}

Span rolling_span(const Window& window, WallTime now) {
  const auto part = std::max(window.length / Window::parts, std::chrono::seconds(1));
  const auto since = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  const WallTime start{since - since % part};
  return {start, start + part, start + part + window.length};
}

}  // namespace

const date::time_zone* find_time_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

Span Window::booking(WallTime now) const {
  return unit == Unit::rolling ? rolling_span(*this, now) : calendar_span(*this, now);
}

std::string to_string(const Window& window) {
  switch (window.unit) {
    case Window::Unit::hour:
      return "hour";
    case Window::Unit::day:
      return "day";
    case Window::Unit::week:
      return "week";
    case Window::Unit::month:
      return "month";
    case Window::Unit::rolling:
      break;
  }
  const auto seconds = window.length.count();
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

}  // namespace policies::ledger
