#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loops.h"
#include "base/limits.h"
#include "base/url.h"
#include "mcp/client.h"
#include "policies/permit.h"
#include "tools/catalog.h"

namespace tools {

/// How one server is reached.
struct UpstreamSettings {
  std::string name;
  base::Url url;
  mcp::HttpTransport::Headers headers;  ///< may hold secrets
  std::optional<mcp::Era> era;          ///< absent: found out
  bool trusted = false;
  std::string prefix;
  std::chrono::milliseconds timeout{300'000};  ///< without a sign of life
  std::chrono::milliseconds max_timeout{3'600'000};
  std::chrono::milliseconds start_timeout{60'000};
};

/// How a server fares, for people.
struct UpstreamStatus {
  enum class State { connecting, ready, down } state = State::connecting;
  std::string reason;  ///< why it is down, or ""
  std::chrono::system_clock::time_point since;
  std::optional<mcp::Revision> revision;
};
std::string_view to_string(UpstreamStatus::State state);

/// One MCP server behind the gateway: discovered in the background and again after it was lost,
/// called from any event loop. Nothing of it delays other servers (invariant 11). Thread-safe.
class Upstream {
 public:
  /// `on_change` is called on loop 0 whenever the tools changed; nullptr tools: it offers none
  /// (yet).
  Upstream(UpstreamSettings settings, base::EventLoops& loops, const base::Limits& limits,
           std::function<void()> on_change);

  /// Begins discovery on loop 0.
  void start();

  /// Sends a call that policy permitted; a permit for another server or tool is Code::internal, and
  /// nothing is sent. Other errors are those of mcp::HttpExchange, with messages that say what the
  /// server did.
  base::Task<base::Result<mcp::HttpExchange>> call(base::Loop& loop, const policies::Permit& permit,
                                                   const ServerTool& tool,
                                                   const mcp::ToolArguments& arguments,
                                                   bool repeatable);

  const std::string& name() const { return settings_.name; }
  UpstreamStatus status() const;
  std::shared_ptr<const ServerTools> tools() const;

 private:
  struct Connector {  // what one event loop needs to talk to it
    Connector(base::Loop& loop, const UpstreamSettings& settings, const base::Limits& limits,
              std::atomic<std::int64_t>& ids);
    mcp::HttpTransport transport;
    mcp::Client client;
  };

  base::Task<void> keep_discovered();
  base::Task<base::Status> discover();
  /// `session_lost`: calls wait for the next discovery; else they go on trying by themselves.
  void set_down(std::string reason, bool session_lost);
  std::shared_ptr<const mcp::Handshake> handshake() const;
  bool ready() const { return status().state == UpstreamStatus::State::ready; }

  UpstreamSettings settings_;
  base::EventLoops& loops_;
  const base::Limits& limits_;
  std::function<void()> on_change_;
  std::atomic<std::int64_t> ids_{0};
  std::vector<std::unique_ptr<Connector>> connectors_;  // by loop index

  mutable std::mutex mutex_;  // guards what follows
  UpstreamStatus status_;
  std::shared_ptr<const mcp::Handshake> handshake_;
  std::shared_ptr<const ServerTools> tools_;
};

}  // namespace tools
