#include "base/http_pool.h"

#include <algorithm>
#include <utility>

namespace base {
namespace {

// A peer that closes does so after its own idle time, not between two calls under load: only a
// connection that has rested this long is asked whether it is still open.
constexpr std::chrono::milliseconds trusted_rest{20};

}  // namespace

HttpPlace::HttpPlace(std::shared_ptr<HttpPool> pool) : pool_(std::move(pool)) { ++pool_->places_; }

HttpPlace::~HttpPlace() {
  if (pool_) --pool_->places_;
}

std::unique_ptr<HttpConnection> HttpPool::take() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!idle_.empty()) {
    std::unique_ptr<HttpConnection> connection = std::move(idle_.back());
    idle_.pop_back();
    const bool rested = now - connection->idle_since > trusted_rest;
    if (connection->stream.is_open() && (!rested || connection->stream.is_idle())) {
      return connection;
    }
  }
  return nullptr;
}

void HttpPool::give_back(std::unique_ptr<HttpConnection> connection) {
  if (closed_) return;
  connection->idle_since = std::chrono::steady_clock::now();
  connection->stream.set_deadline(connection->idle_since + idle_timeout);
  if (!idle_.empty() && !idle_.front()->stream.is_open()) {
    std::erase_if(idle_, [](const auto& idle) { return !idle->stream.is_open(); });
  }
  idle_.push_back(std::move(connection));
}

void HttpPool::close() {
  closed_ = true;
  // Out of the member first: each connection holds this pool.
  std::vector<std::unique_ptr<HttpConnection>> idle;
  idle.swap(idle_);
}

}  // namespace base
