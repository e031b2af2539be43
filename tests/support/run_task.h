#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "base/task.h"

namespace tests {

/// Runs one task on an event loop of its own until its value is there.
template <class T>
T run_task(base::Task<T> task) {
  asio::io_context loop(1);
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result.emplace(std::move(value));
  });
  loop.run();
  return *std::move(result);
}

}  // namespace tests
