#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace tools {

/// Full jitter: anything up to `pause`, so that those who wait do not come back all at once; but
/// never nothing.
inline std::chrono::milliseconds with_jitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  const auto shortest = std::min(pause, std::chrono::milliseconds(50));
  std::uniform_int_distribution<std::chrono::milliseconds::rep> spread(shortest.count(),
                                                                       pause.count());
  return std::chrono::milliseconds(spread(generator));
}

}  // namespace tools
