#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/task.h"

namespace base {

class Deadline;

/// The deadlines of one event loop. Setting one is a store and no timer operation, since a call
/// sets several; in exchange they fire up to one tick of the loop late. Everything that waits has
/// one here, so that this is also how a loop ends: expire_all(). Belongs to its loop: not
/// thread-safe.
class Watchdog {
 public:
  /// Fires what is due at `now`.
  void fire(SteadyTime now);
  /// Fires everything, whatever its time: the loop is ending.
  void expire_all() { fire(SteadyTime::max()); }

 private:
  friend class Deadline;
  struct Slot {
    SteadyTime at;
    Deadline* owner;
  };
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
};

/// One deadline, registered for as long as it lives: a member of what it guards. `on_expiry` runs
/// on the loop and may run more than once.
class Deadline {
 public:
  Deadline(Watchdog& watchdog, std::function<void()> on_expiry);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(SteadyTime at) { watchdog_.slots_[slot_].at = at; }
  void clear() { set(SteadyTime::max()); }
  /// Whether it ever fired.
  bool expired() const { return expired_; }

 private:
  friend class Watchdog;
  Watchdog& watchdog_;
  std::function<void()> on_expiry_;
  std::size_t slot_;
  bool expired_ = false;
};

}  // namespace base
