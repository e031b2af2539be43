#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mcp/jsonrpc.h"
#include "mcp/revision.h"

namespace mcp {

/// The header fields of a POST by which the protocol classifies it; nullopt when absent.
struct InboundHeaders {
  std::optional<std::string_view> protocol_version;
  std::optional<std::string_view> method;
  std::optional<std::string_view> name;
  std::optional<std::string_view> session;
};

/// How a message is to be handled. The revision of a legacy message is its header's, or 2025-03-26
/// without one; its session knows better.
struct Inbound {
  Era era;
  Revision revision;
};

/// Why a message is not handled at all: the HTTP status and the JSON-RPC error to answer with.
struct Rejection {
  int http_status;
  RpcError error;
};

/// Classifies a client's message by its body and checks the headers against it (protocol.md §3.1):
/// a modern claim in
/// `_meta` makes it modern, and then headers, envelope, version and mirrored headers must be right,
/// in this order.
std::variant<Inbound, Rejection> classify(const Message& message, const InboundHeaders& headers);

}  // namespace mcp
