#pragma once

#include <memory>

#include "mcp/stdio_channel.h"
#include "mcp/transport.h"

namespace mcp {

/// A request to a child. Dropping it before the response has the child told that it is cancelled.
class StdioExchange final : public Exchange {
 public:
  StdioExchange(base::Loop& loop, std::shared_ptr<StdioChannel> channel, std::int64_t id,
                RequestDeadlines deadlines);
  ~StdioExchange() override;

  /// Sends the request; once, before next().
  base::Status send(std::string body);

  base::Task<base::Result<Message>> next() override;
  std::size_t size() const override { return answer_->bytes(); }

 private:
  base::Loop& loop_;
  std::shared_ptr<StdioChannel> channel_;
  std::int64_t id_;
  RequestDeadlines deadlines_;
  base::SteadyTime sent_;
  std::shared_ptr<StdioAnswer> answer_;
  bool answered_ = false;
};

/// Talks over one child's channel from one event loop; cheap to make. Ids must be integers, and
/// different for all who use the channel.
class StdioTransport final : public Transport {
 public:
  StdioTransport(base::Loop& loop, std::shared_ptr<StdioChannel> channel)
      : loop_(loop), channel_(std::move(channel)) {}

  bool has_headers() const override { return false; }
  base::Task<base::Result<std::unique_ptr<Exchange>>> request(Id id, std::string body,
                                                              Headers headers,
                                                              RequestDeadlines deadlines,
                                                              bool repeatable) override;
  base::Task<base::Status> notify(std::string body, Headers headers,
                                  base::SteadyTime deadline) override;

 private:
  base::Loop& loop_;
  std::shared_ptr<StdioChannel> channel_;
};

}  // namespace mcp
