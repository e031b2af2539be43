#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/event_loops.h"

namespace runtime {

/// Tells those who follow a run that it has new events. Nobody who follows holds a run up: they
/// read the events themselves. Thread-safe.
class EventFeed {
 public:
  /// A number that changes with every notify(). Take it before reading, and wait for its change.
  std::uint64_t version(const std::string& run) const;
  /// Returns when the run's version is another one than `seen`, at `until`, or when the loop ends.
  base::Task<void> changed(base::Loop& loop, std::string run, std::uint64_t seen,
                           base::SteadyTime until);
  void notify(const std::string& run);
  /// Everybody looks once.
  void wake_all();
  /// The run has ended: nothing more will come.
  void close(const std::string& run);

 private:
  using Waiter = std::shared_ptr<std::function<void()>>;
  struct Entry {
    std::uint64_t version = 0;
    std::list<Waiter> waiters;
  };
  void wake(std::list<Waiter> waiters);

  mutable std::mutex mutex_;  // guards entries_ and the waiters in them
  std::map<std::string, Entry> entries_;
};

}  // namespace runtime
