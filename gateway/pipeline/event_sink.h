#pragma once

#include <cstddef>

#include "mcp/jsonrpc.h"

namespace gateway::pipeline {

/// Takes what a server says of a call before its outcome: notifications/progress and
/// notifications/message. Stages may put one of their own before the caller's. Used on the call's
/// event loop, and never waits.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// `bytes` is the size of the message as it was sent.
  virtual void notify(mcp::Notification notification, std::size_t bytes) = 0;
};

}  // namespace gateway::pipeline
