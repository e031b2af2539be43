#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// Keys of `_meta` (2026-07-28, basic: `_meta`).
namespace meta {
inline constexpr std::string_view protocol_version = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view client_capabilities =
    "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view client_info = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view log_level = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view server_info = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view subscription_id = "io.modelcontextprotocol/subscriptionId";
}  // namespace meta

/// Names of HTTP header fields; they compare without regard to case.
namespace header {
inline constexpr std::string_view protocol_version = "MCP-Protocol-Version";
inline constexpr std::string_view method = "Mcp-Method";
inline constexpr std::string_view name = "Mcp-Name";
inline constexpr std::string_view session_id = "Mcp-Session-Id";
inline constexpr std::string_view last_event_id = "Last-Event-ID";
inline constexpr std::string_view param_prefix = "Mcp-Param-";
}  // namespace header

/// What the header `Mcp-Name` must carry for a request (2026-07-28, transports, "Standard
/// headers"), not yet encoded: the name, URI or task id in `params`. nullopt for other methods and
/// when `params` lacks it.
std::optional<std::string> mirrored_name(const std::string& method, const base::Json& params);

/// The failure that a server's JSON-RPC error to one of our own questions is: Code::refused.
base::Error refused_by(const std::string& method, const RpcError& error);

/// The answer to a request of a server: `ping` is served, anything else is -32601, since no
/// capability was declared.
std::string unserved_text(const Request& request);

/// Whether a client with these capabilities shows its person forms: `elicitation` is an object, and
/// forms are not left out beside URLs (2025-11-25, elicitation: capabilities).
bool elicits_forms(const base::Json& capabilities);

/// A CallToolResult with one text.
base::Json text_content_result(std::string text, bool is_error);

}  // namespace mcp
