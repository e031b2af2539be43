#include "mcp/stdio_transport.h"

#include <algorithm>

namespace mcp {

using base::Code;
using base::Error;

StdioExchange::StdioExchange(base::Loop& loop, std::shared_ptr<StdioChannel> channel,
                             std::int64_t id, RequestDeadlines deadlines)
    : loop_(loop),
      channel_(std::move(channel)),
      id_(id),
      deadlines_(deadlines),
      sent_(std::chrono::steady_clock::now()),
      answer_(std::make_shared<StdioAnswer>(loop)) {}

StdioExchange::~StdioExchange() {
  if (!answered_) channel_->cancel(id_, "the caller no longer waits");
}

base::Status StdioExchange::send(std::string body) {
  auto sent = channel_->send(id_, std::move(body), answer_);
  if (!sent) answered_ = true;  // there is nothing to cancel
  return sent;
}

base::Task<base::Result<Message>> StdioExchange::next() {
  while (true) {
    if (auto message = answer_->take()) {
      answered_ = true;
      co_return std::move(*message);
    }
    if (loop_.ending()) co_return Error{Code::cancelled, "the gateway is stopping", {}};
    // Whatever the child sends shows that it lives: notifications name no request.
    const auto alive = std::max(sent_, channel_->last_sign_of_life());
    const auto deadline = std::min(alive + deadlines_.idle, deadlines_.absolute);
    if (std::chrono::steady_clock::now() >= deadline) {
      co_return Error{Code::timeout, "the deadline passed", {}};
    }
    co_await answer_->wait(deadline);
  }
}

base::Task<base::Result<std::unique_ptr<Exchange>>> StdioTransport::request(
    Id id, std::string body, Headers, RequestDeadlines deadlines, bool) {
  auto exchange =
      std::make_unique<StdioExchange>(loop_, channel_, std::get<std::int64_t>(id), deadlines);
  if (auto sent = exchange->send(std::move(body)); !sent) co_return sent.error();
  co_return std::unique_ptr<Exchange>(std::move(exchange));
}

base::Task<base::Status> StdioTransport::notify(std::string body, Headers, base::SteadyTime) {
  co_return channel_->send(std::move(body));
}

}  // namespace mcp
