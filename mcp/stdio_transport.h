#pragma once

#include <memory>

#include "mcp/stdio_channel.h"
#include "mcp/transport.h"

namespace mcp {

/// A request to a child. Dropping it before the response has the child told that it is cancelled.
class StdioExchange final : public Exchange {
 public:
  StdioExchange(base::Loop& loop, std::shared_ptr<StdioChannel> channel,
                const OutgoingRequest& request);
  ~StdioExchange() override;

  /// Sends the request; once, before next().
  base::Status send(std::string body);

  base::Task<base::Result<Message>> next() override;
  std::size_t size() const override { return size_; }

 private:
  base::Error give_up();

  base::Loop& loop_;
  std::shared_ptr<StdioChannel> channel_;
  std::int64_t id_;
  RequestDeadlines deadlines_;
  base::SteadyTime alive_;  // the last sign that it goes on
  std::shared_ptr<StdioAnswer> answer_;
  const base::Cancellation* cancelled_;
  base::CancellationScope cancellation_;
  std::size_t size_ = 0;
  bool over_ = false;  // there is nothing left to cancel
};

/// Talks over one child's channel from one event loop; cheap to make. Ids must be integers, and
/// different for all who use the channel.
class StdioTransport final : public Transport {
 public:
  StdioTransport(base::Loop& loop, std::shared_ptr<StdioChannel> channel)
      : loop_(loop), channel_(std::move(channel)) {}

  bool has_headers() const override { return false; }
  base::Task<base::Result<std::unique_ptr<Exchange>>> request(OutgoingRequest request) override;
  base::Task<base::Status> notify(std::string body, Headers headers,
                                  base::SteadyTime deadline) override;

 private:
  base::Loop& loop_;
  std::shared_ptr<StdioChannel> channel_;
};

}  // namespace mcp
