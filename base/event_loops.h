#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "base/resolver.h"
#include "base/task.h"
#include "base/watchdog.h"

namespace base {

/// One event loop: one thread, its sockets, its deadlines.
class Loop {
 public:
  /// How late a deadline may fire.
  static constexpr std::chrono::milliseconds tick{50};

  explicit Loop(std::size_t index, std::shared_ptr<Resolver> resolver = std::make_shared<Resolver>())
      : index_(index), resolver_(std::move(resolver)), io_(1), ticker_(io_) {}

  std::size_t index() const { return index_; }
  asio::io_context& io() { return io_; }
  Executor executor() { return io_.get_executor(); }
  Watchdog& watchdog() { return watchdog_; }
  Resolver& resolver() { return *resolver_; }

  /// Runs `task` on this loop; may be called from any thread. An exception that leaves it is a bug
  /// and ends the process.
  void spawn(Task<void> task);
  /// Waits; false when the loop is ending.
  Task<bool> sleep(std::chrono::milliseconds duration);
  /// Whether end() was called: loops that repeat something stop then.
  bool ending() const { return ending_; }

  /// Runs until end() was called and everything that waited has come to its end.
  void run();
  /// Begins the end; may be called from any thread.
  void end();
  /// Whether nothing runs on it any more, nor will. From any thread.
  bool finished() const { return finished_; }

 private:
  friend class EventLoops;
  void schedule();

  std::size_t index_;
  std::shared_ptr<Resolver> resolver_;
  std::atomic<bool> finished_{false};
  Watchdog watchdog_;  // outlives the coroutines that the context destroys
  asio::io_context io_;
  Timer ticker_;
  bool ending_ = false;
};

/// The event loops of the process, one per core. What is spawned on a loop stays there.
class EventLoops {
 public:
  /// `count` 0 means one per core.
  explicit EventLoops(std::size_t count);
  ~EventLoops();

  std::size_t size() const { return loops_.size(); }
  Loop& at(std::size_t index) { return *loops_[index]; }

  /// Runs every loop in a thread of its own; returns at once.
  void start();
  /// Ends all loops and joins their threads.
  void stop();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::jthread> threads_;
};

}  // namespace base
