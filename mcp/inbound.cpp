#include "mcp/inbound.h"

#include "mcp/header_value.h"
#include "mcp/messages.h"

namespace mcp {
namespace {

using base::Json;
using Verdict = std::variant<Inbound, Rejection>;

Rejection reject(int code, std::string message, Json data = {}) {
  return {400, {code, std::move(message), std::move(data)}};
}

Rejection mismatch(std::string message) {
  return reject(code::header_mismatch, std::move(message));
}

Rejection unsupported(std::string_view requested) {
  Json supported = Json::array();
  for (const Revision revision : served_revisions) supported.push_back(to_string(revision));
  return reject(code::unsupported_protocol_version, "Unsupported protocol version",
                {{"supported", std::move(supported)}, {"requested", requested}});
}

std::optional<Rejection> check_mirrored(const Request& request, const InboundHeaders& headers) {
  if (!headers.method) return mismatch("The Mcp-Method header is missing");
  if (*headers.method != request.method)
    return mismatch("The Mcp-Method header differs from the body's method");
  const auto expected = mirrored_name(request.method, request.params);
  if (!expected) return std::nullopt;
  if (!headers.name) return mismatch("The Mcp-Name header is missing");
  const auto decoded = decode_header_value(*headers.name);
  if (!decoded || *decoded != *expected)
    return mismatch("The Mcp-Name header differs from the body");
  return std::nullopt;
}

// The rules of 2026-07-28 for a request that claims a version in `_meta`.
Verdict classify_modern(const Request& request, const Json& envelope,
                        const InboundHeaders& headers) {
  const std::string* version = base::find_string(envelope, meta::protocol_version);
  if (version == nullptr) {
    return reject(code::invalid_params,
                  "_meta is incomplete: io.modelcontextprotocol/protocolVersion must be a string");
  }
  if (!headers.protocol_version) return mismatch("The MCP-Protocol-Version header is missing");
  if (*headers.protocol_version != *version) {
    return mismatch("The MCP-Protocol-Version header differs from the body's protocolVersion");
  }
  const Json* capabilities = base::find_member(envelope, meta::client_capabilities);
  if (capabilities == nullptr || !capabilities->is_object()) {
    return reject(
        code::invalid_params,
        "_meta is incomplete: io.modelcontextprotocol/clientCapabilities must be an object");
  }
  const auto revision = parse_revision(*version);
  if (!revision || era_of(*revision) == Era::legacy) return unsupported(*version);
  if (auto wrong = check_mirrored(request, headers)) return *wrong;
  return Inbound{Era::modern, *revision};
}

// A message without a claim follows the header.
Verdict classify_unclaimed(const Message& message, const InboundHeaders& headers) {
  if (!headers.protocol_version) return Inbound{Era::legacy, Revision::r2025_03_26};
  const auto revision = parse_revision(*headers.protocol_version);
  if (!revision) {
    return reject(code::invalid_request,
                  "Unsupported protocol version in the MCP-Protocol-Version header");
  }
  if (era_of(*revision) == Era::legacy) return Inbound{Era::legacy, *revision};
  const auto* request = std::get_if<Request>(&message);
  if (request == nullptr) return Inbound{Era::modern, *revision};
  if (request->method == "initialize") {
    return mismatch("The MCP-Protocol-Version header names a revision without initialize");
  }
  return reject(code::invalid_params,
                "_meta must name io.modelcontextprotocol/protocolVersion and "
                "io.modelcontextprotocol/clientCapabilities");
}

}  // namespace

Verdict classify(const Message& message, const InboundHeaders& headers) {
  if (const auto* request = std::get_if<Request>(&message)) {
    const Json* envelope = base::find_member(request->params, "_meta");
    if (envelope != nullptr && base::find_member(*envelope, meta::protocol_version) != nullptr) {
      return classify_modern(*request, *envelope, headers);
    }
  }
  return classify_unclaimed(message, headers);
}

}  // namespace mcp
