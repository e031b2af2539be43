#include "base/event_loops.h"

#include <algorithm>
#include <exception>

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

namespace base {
namespace {

constexpr std::chrono::milliseconds ending_tick{5};

}  // namespace

void Loop::spawn(Task<void> task) {
  asio::co_spawn(io_.get_executor(), std::move(task), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

Task<bool> Loop::sleep(std::chrono::milliseconds duration) {
  Timer timer(io_, duration);
  Deadline deadline(watchdog_, [&timer] { timer.cancel(); });
  std::error_code error;
  co_await timer.async_wait(asio::redirect_error(use_task, error));
  co_return !ending_;
}

void Loop::run() {
  schedule();
  io_.run();
  // Ending: what waits is told so again and again, until nothing is left to run.
  io_.restart();
  do {
    watchdog_.expire_all();
    io_.run_for(ending_tick);
  } while (!io_.stopped());
}

void Loop::end() {
  asio::post(io_, [this] {
    ending_ = true;
    ticker_.cancel();
    io_.stop();
  });
}

void Loop::schedule() {
  ticker_.expires_after(tick);
  ticker_.async_wait([this](const std::error_code& error) {
    if (error || ending_) return;
    watchdog_.fire(std::chrono::steady_clock::now());
    schedule();
  });
}

EventLoops::EventLoops(std::size_t count) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  const auto resolver = std::make_shared<Resolver>();
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>(i, resolver));
}

EventLoops::~EventLoops() { stop(); }

void EventLoops::start() {
  for (auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
}

void EventLoops::stop() {
  for (auto& loop : loops_) loop->end();
  threads_.clear();
  for (auto& loop : loops_) loop->finished_ = true;
}

}  // namespace base
