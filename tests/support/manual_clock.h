#pragma once

#include <chrono>

#include "policies/ledger/clock.h"

namespace tests {

/// A clock that stands still until it is told otherwise. Both of its times begin at noon of
/// 2026-11-20 in UTC.
class ManualClock final : public policies::ledger::Clock {
 public:
  std::chrono::steady_clock::time_point steady() const override { return steady_time; }
  std::chrono::system_clock::time_point wall() const override { return wall_time; }

  /// Time goes by, for both.
  void pass(std::chrono::nanoseconds duration) {
    steady_time += duration;
    wall_time += std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
  }

  std::chrono::system_clock::time_point wall_time{std::chrono::seconds(1'795'176'000)};
  std::chrono::steady_clock::time_point steady_time{std::chrono::seconds(1'000)};
};

}  // namespace tests
