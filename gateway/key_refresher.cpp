#include "gateway/key_refresher.h"

#include <utility>

#include "base/await_callback.h"

namespace gateway {

void KeyRefresher::start() {
  {
    const std::lock_guard lock(mutex_);  // event loops ask already
    running_ = true;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void KeyRefresher::stop() { thread_ = {}; }

base::Task<bool> KeyRefresher::wait() {
  const auto begin = [this](std::function<void(bool)> done) {
    const std::lock_guard lock(mutex_);
    if (!running_ || waiting_.size() >= most_waiting) return done(false);
    waiting_.push_back(std::move(done));
    wake_.notify_one();
  };
  co_return co_await base::await_callback<bool>(begin);
}

void KeyRefresher::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, period, [this] { return !waiting_.empty(); });
    if (stop.stop_requested()) break;
    const Waiting served = std::exchange(waiting_, {});
    lock.unlock();
    refresh();
    for (const auto& done : served) done(true);
    lock.lock();
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
  running_ = false;
  for (const auto& done : std::exchange(waiting_, {})) done(false);
}

// Says so when that changes, not four times a second.
void KeyRefresher::refresh() {
  const auto status = keys_.refresh();
  if (status.ok() == !failing_) return;
  failing_ = !failing_;
  if (failing_) {
    log_.write(base::LogLevel::error, "keys", {{"detail", status.error().detail}});
  } else {
    log_.write(base::LogLevel::info, "keys", {{"detail", "the store answers again"}});
  }
}

}  // namespace gateway
