#pragma once

#include "base/task.h"
#include "runtime/event.h"

namespace runtime {

/// Times for events: the wall clock as of the process's start, carried on by the steady one, so
/// that a clock that is set while runs go on neither stops nor prolongs them.
class RunClock {
 public:
  RunClock()
      : wall_(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())),
        steady_(std::chrono::steady_clock::now()) {}

  Time now() const {
    const auto passed = std::chrono::steady_clock::now() - steady_;
    return wall_ + std::chrono::floor<std::chrono::milliseconds>(passed);
  }
  /// When the clock will show `time`.
  base::SteadyTime steady(Time time) const { return steady_ + (time - wall_); }

 private:
  const Time wall_;
  const base::SteadyTime steady_;
};

}  // namespace runtime
