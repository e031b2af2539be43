#pragma once

#include <optional>
#include <utility>

#include "gateway/event_stream.h"
#include "gateway/pipeline/event_sink.h"
#include "mcp/notifications.h"

namespace gateway {

/// What a client hears of its call before the outcome: progress under its own token, and log
/// messages of the level that it asked for.
class CallEvents final : public pipeline::EventSink {
 public:
  /// `stream` outlives it. Without a token no progress is sent, without a level no log messages.
  CallEvents(EventStream& stream, std::optional<mcp::Id> token, std::optional<mcp::LogLevel> level)
      : stream_(stream), token_(std::move(token)), level_(level) {}

  void notify(mcp::Notification notification, std::size_t bytes) override;

 private:
  bool wanted(const mcp::Notification& notification) const;

  EventStream& stream_;
  std::optional<mcp::Id> token_;
  std::optional<mcp::LogLevel> level_;
};

}  // namespace gateway
