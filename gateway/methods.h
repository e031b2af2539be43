#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loops.h"
#include "base/http_head.h"
#include "base/limits.h"
#include "gateway/event_stream.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/sessions.h"
#include "mcp/inbound.h"
#include "mcp/server.h"

namespace gateway {

class ClientQuestions;
class ListChanges;

/// One JSON-RPC request of an authenticated client, ready for its method.
struct MethodContext {
  base::Loop& loop;
  const base::HttpFields& fields;
  const pipeline::Principal& principal;
  std::string request_id;
  mcp::Inbound inbound;
  mcp::Request request;
  std::optional<std::string> inexact;  ///< pointer, in the body, of a number that would not survive
  std::shared_ptr<const pipeline::Snapshot> snapshot;
  std::string session = {};  ///< of a legacy client, checked; "" when there is none
  std::optional<mcp::LogLevel> log_level = {};  ///< that the session asked for
  EventStream* events = nullptr;                ///< what can be sent before the answer, or null
  bool elicits = false;  ///< whether the session's client shows its person forms
  ClientQuestions* questions = nullptr;  ///< that are put to people at clients; null: none can be

  base::Cancellation* cancellation() const {
    return events == nullptr ? nullptr : &events->cancellation();
  }
};

/// The methods that clients can call; what is not in the table does not exist. What is given must
/// outlive it.
mcp::MethodTable<MethodContext> gateway_methods(const pipeline::Pipeline& calls, Sessions& sessions,
                                                ListChanges& changes, const base::Limits& limits);

}  // namespace gateway
