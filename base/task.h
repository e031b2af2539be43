#pragma once

#include <chrono>

#include <asio/awaitable.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

namespace base {

/// The executor of an event loop, spelled out: asio's type-erased one costs on every operation.
using Executor = asio::io_context::executor_type;

/// A coroutine on an event loop. One loop is one thread: what a task touches needs no lock unless
/// another loop touches it too. Pass parameters by value when the task outlives the caller's
/// expression.
template <class T>
using Task = asio::awaitable<T, Executor>;

/// What a function that is no coroutine returns when it has the answer already.
template <class T>
Task<T> done(T value) {
  co_return value;
}

/// Completion token: `co_await socket.async_read_some(buffer, use_task)`.
inline constexpr asio::use_awaitable_t<Executor> use_task;

using SteadyTime = std::chrono::steady_clock::time_point;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace base
