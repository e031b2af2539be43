#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/event_loops.h"
#include "base/result.h"
#include "gateway/connection.h"
#include "gateway/listener_tls.h"

namespace gateway {

/// Accepts connections and serves them, spread evenly over the event loops.
class Listener {
 public:
  virtual ~Listener() = default;
  /// Begins to accept, on loop 0.
  virtual void start() = 0;
  /// Takes no more connections; those that it has taken go on. May be called from any thread.
  virtual void stop() = 0;
  /// The bound TCP port; 0 for a unix socket.
  virtual std::uint16_t port() const = 0;
};

/// Binds a TCP address. Code::unavailable when it cannot. `tls` null: plain.
base::Result<std::unique_ptr<Listener>> listen_tcp(base::EventLoops& loops, const std::string& host,
                                                   std::uint16_t port, ConnectionContext context,
                                                   std::unique_ptr<ListenerTls> tls);

/// Who may connect to a unix socket.
enum class SocketAccess { owner, everybody };

/// Binds a unix socket, replacing a dead one. Code::unavailable when it
/// cannot, or when another process still answers on it. The peer's user names the caller:
/// `unix:root`.
base::Result<std::unique_ptr<Listener>> listen_unix(base::EventLoops& loops,
                                                    const std::filesystem::path& path,
                                                    SocketAccess access,
                                                    ConnectionContext context);

}  // namespace gateway
