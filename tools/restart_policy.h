#pragma once

#include <deque>

#include "base/task.h"

namespace tools {

/// When a server that was lost is tried again: after pauses that double, from 250 ms to 30 s. Eight
/// failures within five minutes are a crash loop, for which a server that the gateway itself starts
/// is given up.
class RestartPolicy {
 public:
  static constexpr std::size_t crash_loop = 8;
  static constexpr std::chrono::minutes window{5};

  /// Notes a failure and returns the pause before the next try; callers add jitter.
  std::chrono::milliseconds failed(base::SteadyTime now);
  /// The server was up until now, since `since`: long enough, and its failures are forgotten.
  void lived(base::SteadyTime since, base::SteadyTime now);
  bool is_crash_loop() const { return failures_.size() >= crash_loop; }
  void reset() { *this = {}; }

 private:
  std::deque<base::SteadyTime> failures_;  // within the window
  std::chrono::milliseconds pause_{0};
};

}  // namespace tools
