#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/task.h"

namespace base {

/// Holds back log lines that others can cause: after `burst` of them, one per `every` passes. Not
/// thread-safe.
class LogGate {
 public:
  LogGate(unsigned burst, std::chrono::milliseconds every) : burst_(burst), every_(every) {}

  /// nullopt: hold this one back. Else how many were held back since the last one that passed.
  std::optional<std::int64_t> pass(SteadyTime now) {
    // A bucket told as a time: when it will be full again (the generic cell rate algorithm).
    const SteadyTime full = std::max(full_, now);
    if (full - now > every_ * (burst_ - 1)) {
      ++held_back_;
      return std::nullopt;
    }
    full_ = full + every_;
    const std::int64_t held_back = held_back_;
    held_back_ = 0;
    return held_back;
  }

 private:
  unsigned burst_;
  std::chrono::milliseconds every_;
  SteadyTime full_{};
  std::int64_t held_back_ = 0;
};

}  // namespace base
