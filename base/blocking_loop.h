#pragma once

#include <future>
#include <utility>

#include "base/event_loops.h"

namespace base {

/// An event loop for those who have none and may wait, such as a command. Not thread-safe.
class BlockingLoop final {
 public:
  BlockingLoop() { loops_.start(); }

  Loop& loop() { return loops_.at(0); }

  template <class T>
  T run(Task<T> task) {
    std::promise<T> promise;
    auto future = promise.get_future();
    loop().spawn(keep(std::move(task), std::move(promise)));
    return future.get();
  }

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::promise<T> promise) {
    promise.set_value(co_await std::move(task));
  }

  EventLoops loops_{1};
};

}  // namespace base
