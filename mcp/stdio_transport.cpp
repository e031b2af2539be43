#include "mcp/stdio_transport.h"

#include <algorithm>

namespace mcp {

using base::Code;
using base::Error;

StdioExchange::StdioExchange(base::Loop& loop, std::shared_ptr<StdioChannel> channel,
                             const OutgoingRequest& request)
    : loop_(loop),
      channel_(std::move(channel)),
      id_(std::get<std::int64_t>(request.id)),
      deadlines_(request.deadlines),
      alive_(std::chrono::steady_clock::now()),
      answer_(std::make_shared<StdioAnswer>(loop)),
      cancelled_(request.cancellation),
      cancellation_(request.cancellation, [this] { answer_->wake(); }) {}

StdioExchange::~StdioExchange() {
  if (!over_) channel_->cancel(id_, "the caller no longer waits");
}

base::Status StdioExchange::send(std::string body) {
  auto sent = channel_->send(id_, std::move(body), answer_);
  if (!sent) over_ = true;
  return sent;
}

base::Task<base::Result<Message>> StdioExchange::next() {
  while (true) {
    if (auto arrival = answer_->take()) {
      size_ = arrival->bytes;
      alive_ = std::chrono::steady_clock::now();
      const bool last =
          !arrival->message || !std::holds_alternative<Notification>(*arrival->message);
      if (last) over_ = true;
      co_return std::move(arrival->message);
    }
    if (loop_.ending()) co_return Error{Code::cancelled, "the gateway is stopping", {}};
    if (cancelled_ != nullptr && cancelled_->requested()) co_return give_up();
    // Notifications that name no request may be about this one.
    const auto alive = std::max(alive_, channel_->last_sign_of_life());
    const auto deadline = std::min(alive + deadlines_.idle, deadlines_.absolute);
    if (std::chrono::steady_clock::now() >= deadline) {
      co_return Error{Code::timeout, "the deadline passed", {}};
    }
    co_await answer_->wait(deadline);
  }
}

Error StdioExchange::give_up() {
  over_ = true;
  const bool sent = channel_->cancel(id_, "the caller cancelled");
  return {sent ? Code::cancelled : Code::unavailable, "the call was cancelled", {}};
}

base::Task<base::Result<std::unique_ptr<Exchange>>> StdioTransport::request(
    OutgoingRequest request) {
  auto exchange = std::make_unique<StdioExchange>(loop_, channel_, request);
  if (auto sent = exchange->send(std::move(request.body)); !sent) co_return sent.error();
  co_return std::unique_ptr<Exchange>(std::move(exchange));
}

base::Task<base::Status> StdioTransport::notify(std::string body, Headers, base::SteadyTime) {
  co_return channel_->send(std::move(body));
}

}  // namespace mcp
