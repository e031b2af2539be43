#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/task.h"
#include "gateway/key_store.h"

namespace gateway {

/// Keeps a KeyStore up to date on a thread of its own: reading the store must not hold up an event
/// loop. Thread-safe.
class KeyRefresher final {
 public:
  static constexpr std::chrono::milliseconds period{250};  // a revocation holds within a second
  /// However many ask, the store is not read more often than this.
  static constexpr std::chrono::milliseconds pause{25};
  static constexpr std::size_t most_waiting = 64;

  /// Both outlive this.
  KeyRefresher(KeyStore& keys, base::Log& log) : keys_(keys), log_(log) {}
  ~KeyRefresher() { stop(); }

  void start();
  /// Whoever waits goes on.
  void stop();

  /// Waits for a refresh that begins after this call; returns at once, with false, when as many
  /// wait as may, or none comes any more.
  base::Task<bool> wait();

 private:
  using Waiting = std::vector<std::function<void(bool)>>;

  void run(const std::stop_token& stop);
  void refresh();

  KeyStore& keys_;
  base::Log& log_;

  std::mutex mutex_;  // guards the members below up to thread_
  std::condition_variable_any wake_;
  Waiting waiting_;
  bool running_ = false;

  bool failing_ = false;  // of the thread alone
  std::jthread thread_;
};

}  // namespace gateway
