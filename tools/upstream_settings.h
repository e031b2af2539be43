#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/child_process.h"
#include "base/tls.h"
#include "base/url.h"
#include "mcp/revision.h"
#include "mcp/transport.h"

namespace tools {

/// A server over Streamable HTTP.
struct HttpServer {
  base::Url url;
  mcp::Transport::Headers headers;                ///< may hold secrets
  std::shared_ptr<const base::TlsContext> tls{};  ///< of an https: URL
  std::string trust;  ///< names what `tls` trusts: equal when that is

  bool operator==(const HttpServer& other) const {
    return url == other.url && headers == other.headers && trust == other.trust;
  }
};

/// Whose a child of a stdio server is (design §2.14).
enum class Instances { shared, agent, session };

/// A server that the gateway starts itself.
struct StdioServer {
  base::ChildCommand command;
  std::vector<std::string> hidden;  ///< values of its environment that no log may show
  Instances instances = Instances::shared;

  bool operator==(const StdioServer&) const = default;
};

/// How one server is reached.
struct UpstreamSettings {
  std::string name;
  std::variant<HttpServer, StdioServer> server;
  std::optional<mcp::Era> era;  ///< absent: found out
  bool trusted = false;
  std::string prefix;
  std::chrono::milliseconds timeout{300'000};  ///< without a sign of life
  std::chrono::milliseconds max_timeout{3'600'000};
  std::chrono::milliseconds start_timeout{60'000};
  std::chrono::milliseconds refresh{300'000};  ///< between two looks at what it offers
  std::vector<std::string> hidden;             ///< values that no status, log or answer may show

  bool operator==(const UpstreamSettings&) const = default;
};

}  // namespace tools
