#include "tools/restart_policy.h"

#include <algorithm>

namespace tools {
namespace {

constexpr std::chrono::milliseconds first_pause{250};
constexpr std::chrono::milliseconds longest_pause{30'000};
constexpr std::chrono::minutes long_enough{1};

}  // namespace

std::chrono::milliseconds RestartPolicy::failed(base::SteadyTime now) {
  failures_.push_back(now);
  while (now - failures_.front() > window || failures_.size() > crash_loop) failures_.pop_front();
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  return pause_;
}

void RestartPolicy::lived(base::SteadyTime since, base::SteadyTime now) {
  if (now - since >= long_enough) reset();
}

}  // namespace tools
