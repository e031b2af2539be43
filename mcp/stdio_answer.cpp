#include "mcp/stdio_answer.h"

#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

namespace mcp {
namespace {

constexpr std::size_t most_arrivals = 256;  // that one request has not taken yet

}  // namespace

void StdioAnswer::give(const std::shared_ptr<StdioAnswer>& answer, base::Result<Message> message,
                       std::size_t bytes) {
  {
    const std::lock_guard lock(answer->mutex_);
    if (std::exchange(answer->given_, true)) return;
    answer->arrivals_.push_back({std::move(message), bytes});
  }
  asio::post(answer->loop_.io(), [answer] { answer->wake(); });
}

void StdioAnswer::add(const std::shared_ptr<StdioAnswer>& answer, Notification notification,
                      std::size_t bytes) {
  {
    const std::lock_guard lock(answer->mutex_);
    if (answer->given_ || answer->arrivals_.size() >= most_arrivals) return;
    answer->arrivals_.push_back({Message(std::move(notification)), bytes});
  }
  asio::post(answer->loop_.io(), [answer] { answer->wake(); });
}

base::Task<void> StdioAnswer::wait(base::SteadyTime deadline) {
  base::Deadline ending(loop_.watchdog(), [this] { timer_.cancel(); });
  timer_.expires_at(deadline);
  std::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(base::use_task, ignored));
}

std::optional<StdioAnswer::Arrival> StdioAnswer::take() {
  const std::lock_guard lock(mutex_);
  if (arrivals_.empty()) return std::nullopt;
  Arrival first = std::move(arrivals_.front());
  arrivals_.pop_front();
  return first;
}

}  // namespace mcp
