#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include "base/task.h"

namespace base {

/// Starts an operation that calls back exactly once, from any thread, and resumes the coroutine
/// with the value on its own event loop. The loop stays alive while the operation runs and must
/// outlive it.
template <class T>
Task<T> await_callback(std::function<void(std::function<void(T)>)> start) {
  auto initiate = [start = std::move(start)](auto handler) mutable {
    auto work = asio::make_work_guard(asio::get_associated_executor(handler));
    // std::function wants to be copyable, the handler is not.
    auto waiting = std::make_shared<std::pair<decltype(handler), decltype(work)>>(
        std::move(handler), std::move(work));
    start([waiting](T value) {
      auto resume = [handler = std::move(waiting->first), value = std::move(value)]() mutable {
        std::move(handler)(std::move(value));
      };
      asio::post(waiting->second.get_executor(), std::move(resume));
      waiting->second.reset();
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(T)>(std::move(initiate),
                                                                               use_task);
}

}  // namespace base
