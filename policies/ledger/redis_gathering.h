#pragma once

#include <chrono>
#include <cstddef>

#include "base/task.h"

namespace policies::ledger {

/// How long calls that wait for Redis wait for others. A batch costs Redis a script and a sync of
/// its disk, however many calls are in it, and meanwhile it does nothing else. Most calls that it
/// answers are soon followed by their client's next: so what waits goes together with these, if
/// they come about as fast as Redis answers. When they do not, it was in vain, and nothing is
/// waited for in a while.
class RedisGathering final {
 public:
  using Duration = std::chrono::steady_clock::duration;

  /// A batch of `calls`, which was sent at `sent`, is answered, while `waiting` others wait.
  void answered(std::size_t calls, std::size_t waiting, base::SteadyTime sent,
                base::SteadyTime now);
  /// How long `waiting` calls wait for more; zero when they go at once.
  Duration left(std::size_t waiting, base::SteadyTime now) const;
  /// `waiting` calls go.
  void sent(std::size_t waiting);

 private:
  std::size_t answered_ = 0, waited_ = 0;  // of the last answer
  std::size_t enough_ = 0;                 // 0: nothing is waited for
  base::SteadyTime until_{};
  std::size_t in_vain_ = 0, skipped_ = 0;  // answers after which nothing is waited for, and was not
};

}  // namespace policies::ledger
