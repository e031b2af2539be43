#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/limits.h"
#include "mcp/http_transport.h"
#include "tools/change_listener.h"
#include "tools/upstream_link.h"
#include "tools/upstream_settings.h"

namespace tools {

/// A server over Streamable HTTP, with connections of each event loop.
class HttpLink final : public UpstreamLink {
 public:
  HttpLink(const UpstreamSettings& settings, base::EventLoops& loops, const base::Limits& limits,
           base::Log& log, LinkEvents events, std::function<Anchor()> anchor);
  /// Connections end each on its own loop.
  ~HttpLink() override;

  base::Task<base::Result<Discovery>> discover() override;
  base::Task<base::Result<std::optional<Discovery>>> refresh() override;
  bool usable() const override { return usable_; }
  base::Task<base::Result<std::unique_ptr<mcp::Exchange>>> call(base::Loop& loop, Caller caller,
                                                                mcp::ServerCall call) override;
  void reset() override;
  void stop_listening() override { listener_.end(); }
  bool can_crash() const override { return false; }

 private:
  struct Connector {  // what one event loop needs to talk to it
    Connector(base::Loop& loop, const HttpServer& server, const base::Limits& limits,
              std::atomic<std::int64_t>& ids);
    base::Loop& loop;
    mcp::HttpTransport transport;
    mcp::Client client;
  };

  using Connectors = std::vector<std::unique_ptr<Connector>>;  // by loop index

  Connectors make_connectors(base::EventLoops& loops);
  std::shared_ptr<const mcp::Handshake> handshake() const;
  bool forget(const std::shared_ptr<const mcp::Handshake>& ended);
  void set_handshake(std::shared_ptr<const mcp::Handshake> handshake);

  const UpstreamSettings& settings_;
  const base::Limits& limits_;
  LinkEvents events_;
  std::atomic<std::int64_t> ids_{0};
  std::atomic<bool> usable_{false};  // there is a handshake
  Connectors connectors_;

  // Of loop 0:
  base::SteadyTime asked_{};  // who it is
  ChangeListener listener_;

  mutable std::mutex mutex_;
  std::shared_ptr<const mcp::Handshake> handshake_;  // guarded by mutex_
};

}  // namespace tools
