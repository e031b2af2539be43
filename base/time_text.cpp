#include "base/time_text.h"

#include <ctime>

namespace base {

void append_rfc3339(std::string& out, std::chrono::system_clock::time_point time, int digits) {
  using std::chrono::floor;
  const auto whole = floor<std::chrono::seconds>(time);
  // Every call and every log line asks for the time: a second's text is made once per thread.
  thread_local auto known = std::chrono::sys_seconds::min();
  thread_local char text[32];
  thread_local std::size_t length = 0;
  if (whole != known) {
    const std::time_t seconds = whole.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    known = whole;
  }
  out.append(text, length);
  if (digits > 0) {
    const auto micros = floor<std::chrono::microseconds>(time - whole).count();
    const std::string fraction = std::to_string(1'000'000 + micros);  // keeps the leading zeros
    out.append(".").append(fraction, 1, static_cast<std::size_t>(digits));
  }
  out.push_back('Z');
}

std::string rfc3339(std::chrono::system_clock::time_point time, int digits) {
  std::string text;
  append_rfc3339(text, time, digits);
  return text;
}

}  // namespace base
