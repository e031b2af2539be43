#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/task.h"

namespace tools {

/// Keeps calls from a server that fails one after the other, so that they neither wait for it nor
/// hold what others need. Only failures that cost time or say that the server is not well count; a
/// connection that is refused at once is answered as fast without it. Thread-safe.
class CircuitBreaker {
 public:
  /// closed: calls go out. open: none does, until a pause has passed. half_open: one did, and what
  /// becomes of it decides.
  enum class State { closed, open, half_open };
  static constexpr unsigned failures_to_open = 5;
  static constexpr std::chrono::milliseconds first_pause{1'000};
  static constexpr std::chrono::milliseconds longest_pause{30'000};

  /// Whether a call may go out; what became of it is to be told. Pauses double as long as probes
  /// fail, less jitter.
  bool admit(base::SteadyTime now);
  void succeeded();
  void failed(base::SteadyTime now);
  /// It says nothing of the server, such as a caller that went away.
  void undecided();

  State state() const;
  /// How long until the next probe; 0 when calls go out.
  std::chrono::milliseconds pause_left(base::SteadyTime now) const;

 private:
  void open(base::SteadyTime now);

  // What every call reads: whether there is nothing to decide.
  std::atomic<bool> well_{true};

  mutable std::mutex mutex_;  // guards what follows
  State state_ = State::closed;
  unsigned failures_ = 0;  // in a row
  std::chrono::milliseconds pause_{0};
  base::SteadyTime until_{};  // open: the next probe; half_open: when another may follow
};
std::string_view to_string(CircuitBreaker::State state);

}  // namespace tools
