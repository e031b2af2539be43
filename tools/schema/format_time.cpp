#include "tools/schema/ascii.h"
#include "tools/schema/format.h"

namespace tools::schema::format {
namespace {

using ascii::Cursor;

constexpr int minutes_per_day = 24 * 60;

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// RFC 3339 §5.6: full-date.
bool take_date(Cursor& cursor) {
  const int year = cursor.digits(4);
  if (year < 0 || !cursor.take('-')) return false;
  const int month = cursor.digits(2);
  if (month < 1 || month > 12 || !cursor.take('-')) return false;
  const int day = cursor.digits(2);
  return day >= 1 && day <= days_in(year, month);
}

// time-offset, in minutes.
bool take_offset(Cursor& cursor, int& offset) {
  offset = 0;
  if (cursor.take_any("Zz")) return true;
  const bool west = cursor.take('-');
  if (!west && !cursor.take('+')) return false;
  const int hours = cursor.digits(2);
  if (hours < 0 || hours > 23 || !cursor.take(':')) return false;
  const int minutes = cursor.digits(2);
  if (minutes < 0 || minutes > 59) return false;
  offset = (hours * 60 + minutes) * (west ? -1 : 1);
  return true;
}

// full-time. A leap second is the last of a day in UTC (§5.7).
bool take_time(Cursor& cursor) {
  const int hour = cursor.digits(2);
  if (hour < 0 || hour > 23 || !cursor.take(':')) return false;
  const int minute = cursor.digits(2);
  if (minute < 0 || minute > 59 || !cursor.take(':')) return false;
  const int second = cursor.digits(2);
  if (second < 0 || second > 60) return false;
  if (cursor.take('.') && cursor.take_while(ascii::is_digit).empty()) return false;
  int offset = 0;
  if (!take_offset(cursor, offset)) return false;
  const int utc = (hour * 60 + minute - offset + 2 * minutes_per_day) % minutes_per_day;
  return second < 60 || utc == minutes_per_day - 1;
}

// RFC 3339 appendix A: units follow each other without a gap (`P1Y2D` is none), each with a number.
bool take_units(Cursor& cursor, std::string_view units) {
  std::size_t next = std::string_view::npos;
  bool any = false;
  while (!cursor.done() && ascii::is_digit(cursor.rest.front())) {
    cursor.take_while(ascii::is_digit);
    if (cursor.done()) return false;
    const std::size_t unit = units.find(cursor.rest.front());
    if (unit == std::string_view::npos || (any && unit != next)) return false;
    cursor.rest.remove_prefix(1);
    next = unit + 1;
    any = true;
  }
  return any;
}

}  // namespace

bool date(std::string_view text) {
  Cursor cursor{text};
  return take_date(cursor) && cursor.done();
}

bool time(std::string_view text) {
  Cursor cursor{text};
  return take_time(cursor) && cursor.done();
}

bool date_time(std::string_view text) {
  Cursor cursor{text};
  return take_date(cursor) && cursor.take_any("Tt") && take_time(cursor) && cursor.done();
}

bool duration(std::string_view text) {
  Cursor cursor{text};
  if (!cursor.take('P')) return false;
  if (!cursor.done() && cursor.rest.back() == 'W') return take_units(cursor, "W") && cursor.done();
  const bool has_date = !cursor.done() && cursor.rest.front() != 'T';
  if (has_date && !take_units(cursor, "YMD")) return false;
  if (cursor.take('T')) return take_units(cursor, "HMS") && cursor.done();
  return has_date && cursor.done();
}

}  // namespace tools::schema::format
