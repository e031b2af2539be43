#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "base/task.h"

namespace tests {

/// Runs one task on `loop`, which nobody else runs, until its value is there.
template <class T>
T run_task(base::Task<T> task, asio::io_context& loop) {
  std::optional<T> result;
  // asio would make a T of its own to hand over; not every T can be made from nothing.
  const auto keep = [](base::Task<T> running, std::optional<T>& kept) -> base::Task<void> {
    kept.emplace(co_await std::move(running));
  };
  asio::co_spawn(loop, keep(std::move(task), result), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  loop.restart();
  loop.run();
  return *std::move(result);
}

/// Runs one task on an event loop of its own until its value is there.
template <class T>
T run_task(base::Task<T> task) {
  asio::io_context loop(1);
  return run_task(std::move(task), loop);
}

}  // namespace tests
