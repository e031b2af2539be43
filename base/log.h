#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <variant>

#include "base/json_text.h"

namespace base {

enum class LogLevel { debug, info, warn, error };

/// A field's value. Text is escaped and cut at 2 kB, so that one line stays one JSON object
/// whatever peers send.
using LogValue = std::variant<std::string_view, std::int64_t, bool>;
struct LogField {
  JsonName name;
  LogValue value;
};

/// JSON lines on standard error: {"time":…,"level":…,"event":…, fields}. Lines are written
/// together, at the latest after 200 ms, and at once from `warn` on; when nobody takes them up to
/// 1 MiB are held, and what comes then is lost and counted. Never waits. Thread-safe.
class Log {
 public:
  explicit Log(LogLevel lowest = LogLevel::info);
  ~Log();

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
  /// Writes out what is still held back.
  void flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
