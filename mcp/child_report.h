#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/log_gate.h"

namespace mcp {

/// What the log shows of what a child says beside messages: bounded, and without what must not be
/// seen. Belongs to one event loop.
class ChildReport {
 public:
  /// `server` and `hidden`, values that must not appear, outlive it, and so does `log`.
  ChildReport(const std::string& server, const std::vector<std::string>& hidden, base::Log& log);

  /// A line on its standard error.
  void said(std::string_view line);
  /// What stood on its standard output and is no message; `what` says what it is instead.
  void garbage(std::string_view text, std::string_view what);
  /// The beginning of the last line on its standard error that the log shows; or "".
  std::string last_words() const;

 private:
  std::string shown(std::string_view text) const;

  const std::string& server_;
  const std::vector<std::string>& hidden_;
  base::Log& log_;
  base::LogGate garbage_gate_, errors_gate_;
  std::string last_words_;
};

}  // namespace mcp
