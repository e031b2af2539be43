#pragma once

#include <algorithm>
#include <chrono>

#include "base/task.h"

namespace tools {

/// How soon a server that says that what it offers has changed is asked for it again: at once, but
/// not more often than every second; and one that says so again and again when it has not,
/// less and less, down to once a minute. What it says costs it more than the gateway.
class RefreshPace {
 public:
  static constexpr std::chrono::seconds least{1}, most{60};

  bool due(base::SteadyTime now) const { return now - last_ >= between_; }
  /// It was asked; `news`: it offered something else.
  void asked(base::SteadyTime now, bool news) {
    const bool pressed = now - last_ < 2 * between_;
    between_ = pressed && !news ? std::min(between_ * 2, most) : least;
    last_ = now;
  }

 private:
  std::chrono::seconds between_ = least;
  base::SteadyTime last_{};
};

}  // namespace tools
