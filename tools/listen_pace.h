#pragma once

#include <algorithm>
#include <chrono>

#include "base/task.h"

namespace tools {

/// When a stream on which a server tells of changes is opened again after it ended or was not
/// opened: after pauses that double, from a second to a minute. One that lasted begins anew.
class ListenPace {
 public:
  static constexpr std::chrono::milliseconds first{1'000}, longest{60'000};
  static constexpr std::chrono::seconds steady{30};

  void opened(base::SteadyTime now) { opened_ = now; }
  /// Returns the pause; callers add jitter.
  std::chrono::milliseconds ended(base::SteadyTime now) {
    const bool lasted = opened_ != base::SteadyTime{} && now - opened_ >= steady;
    pause_ = lasted ? first : std::clamp(pause_ * 2, first, longest);
    opened_ = {};
    again_ = now + pause_;
    return pause_;
  }
  /// What is left of the last pause, for whoever did not wait.
  std::chrono::milliseconds left(base::SteadyTime now) const {
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(again_, now) - now);
  }

 private:
  std::chrono::milliseconds pause_{0};
  base::SteadyTime opened_{}, again_{};
};

}  // namespace tools
