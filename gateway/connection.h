#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_stream.h"
#include "base/event_loops.h"
#include "base/limits.h"
#include "base/log.h"
#include "gateway/http_message.h"
#include "gateway/open_connections.h"

namespace gateway {

/// Answers requests. One object serves all connections on all loops.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// `request` lives until the task ends. `peer` is who the transport says is calling, e.g.
  /// `unix:root`.
  virtual base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request,
                                          const std::string& request_id,
                                          const std::string& peer) = 0;
  /// What is answered under overload and while the gateway drains, too. nullopt: nothing of that.
  virtual std::optional<HttpResponse> answer_at_once(const RawRequest&) const {
    return std::nullopt;
  }
};

/// How much is going on, over all loops.
struct Load {
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> calls{0};
  /// Requests whose answer has not been sent to its end; streams that stay open do not count.
  std::atomic<std::size_t> unanswered{0};
  /// What is in flight is finished, nothing else is begun, and every answer ends its connection.
  std::atomic<bool> draining{false};
};

/// What a connection works with; all of it outlives every connection.
struct ConnectionContext {
  HttpHandler& handler;
  const base::Limits& limits;
  Load& load;
  base::Log& log;
  OpenConnections& open;
};

/// Serves one connection until it ends: request by request, one per turn of the loop. With `tls`
/// behind a handshake, which may take as long as a head.
base::Task<void> serve_connection(base::Loop& loop, base::ByteStream::Socket socket,
                                  ConnectionContext context, std::string peer,
                                  std::shared_ptr<const base::TlsContext> tls);

}  // namespace gateway
