#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "base/task.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// How long a request may take: `idle` without a sign that it goes on, `absolute` in all. Whatever
/// answers the request is such a sign, progress above all; bytes that say nothing are none.
struct RequestDeadlines {
  std::chrono::milliseconds idle;
  base::SteadyTime absolute;
};

/// One request in flight: events are read from it until the response comes (design §2.3). Dropping
/// it before that cancels the request, at the server too.
///
/// Errors that say that it was certainly not carried out: Code::unavailable, nothing was sent or
/// the server is too busy; unauthorized (HTTP 401, 403); not_found (404: a legacy session is gone);
/// refused (other statuses that turn a request away). After any other error it may have been
/// carried out.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// The next message: notifications about this request, in order, last the response. The server's
  /// own requests are answered with -32601, since no capability is declared to it.
  virtual base::Task<base::Result<Message>> next() = 0;
  /// Bytes of the last message as it was sent.
  virtual std::size_t size() const = 0;

  /// The HTTP status, and the session that the answer opens; 200 and "" where there is no HTTP.
  virtual int status() const { return 200; }
  virtual std::string_view session() const { return {}; }
};

/// Header fields; transports without headers ignore them.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request as a transport sends it.
struct OutgoingRequest {
  Id id;
  std::string body;
  Headers headers;
  RequestDeadlines deadlines;
  /// Whether it may be sent again when it was lost on a dead connection.
  bool repeatable = false;
  /// Whether the server is told in messages of their own that nobody waits any more and that its
  /// requests are not served (legacy); else the end of the stream says it.
  bool talks_back = false;
  /// Outlives the exchange. Cancelled, next() ends with Code::cancelled, or Code::unavailable when
  /// nothing was sent.
  base::Cancellation* cancellation = nullptr;
};

/// What opens a stream on which a server tells of changes: subscriptions/listen, whose id and text
/// these are, or without an id the GET of a session.
struct StreamRequest {
  std::optional<Id> id;
  std::string body;
  Headers headers;
};

/// Carries JSON-RPC messages to one server.
class Transport {
 public:
  using Headers = mcp::Headers;

  virtual ~Transport() = default;

  /// Whether messages travel with headers; others ignore those that they are given.
  virtual bool has_headers() const = 0;
  virtual base::Task<base::Result<std::unique_ptr<Exchange>>> request(OutgoingRequest request) = 0;
  virtual base::Task<base::Status> notify(std::string body, Headers headers,
                                          base::SteadyTime deadline) = 0;
};

}  // namespace mcp
