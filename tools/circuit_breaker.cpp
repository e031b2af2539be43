#include "tools/circuit_breaker.h"

#include <algorithm>

#include "tools/jitter.h"

namespace tools {

std::string_view to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::closed:
      return "closed";
    case CircuitBreaker::State::open:
      return "open";
    case CircuitBreaker::State::half_open:
      return "half_open";
  }
  return "open";
}

bool CircuitBreaker::admit(base::SteadyTime now) {
  if (well_.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) return true;
  if (now < until_) return false;
  // A probe that nothing was heard of for a whole pause does not keep the next one away.
  state_ = State::half_open;
  until_ = now + pause_;
  return true;
}

void CircuitBreaker::succeeded() {
  if (well_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  state_ = State::closed;
  failures_ = 0;
  pause_ = {};
  well_.store(true, std::memory_order_release);
}

void CircuitBreaker::failed(base::SteadyTime now) {
  const std::lock_guard lock(mutex_);
  well_.store(false, std::memory_order_release);
  ++failures_;
  if (state_ == State::half_open || (state_ == State::closed && failures_ >= failures_to_open)) {
    open(now);
  }
}

void CircuitBreaker::undecided() {
  if (well_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  if (state_ == State::half_open) until_ = {};  // the next call is the probe
}

// With the mutex held. Calls that went out before it opened may still fail: they open nothing anew.
void CircuitBreaker::open(base::SteadyTime now) {
  state_ = State::open;
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  until_ = now + with_jitter(pause_);
}

CircuitBreaker::State CircuitBreaker::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::chrono::milliseconds CircuitBreaker::pause_left(base::SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed || until_ <= now) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(until_ - now);
}

}  // namespace tools
