#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "base/result.h"

namespace mcp {

/// Error codes of JSON-RPC 2.0 and of MCP 2026-07-28, and the one of the revisions before for a
/// resource that is not there. Else -32000…-32019 carry no meaning and are never
/// sent; Sluice's own codes lie outside -32768…-32000.
namespace code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int resource_not_found = -32002;  ///< before 2026-07-28
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_client_capability = -32021;
inline constexpr int unsupported_protocol_version = -32022;
}  // namespace code

/// A request id: an integer or a string of at most 256 bytes, never null (MCP, basic: requests).
using Id = std::variant<std::int64_t, std::string>;

struct RpcError {
  int code = code::internal_error;
  std::string message;
  base::Json data;  ///< null when there is none
};

struct Request {
  Id id;
  std::string method;
  base::Json params;  ///< an object; null when absent
};

struct Notification {
  std::string method;
  base::Json params;  ///< an object; null when absent
};

struct Response {
  std::optional<Id> id;  ///< absent only in errors whose request could not be read
  base::Json result;     ///< any object; null when `error` is set
  std::optional<RpcError> error;
};

using Message = std::variant<Request, Notification, Response>;

/// Reads one JSON-RPC message (no batch). Error: Code::invalid with a sentence. Member names are
/// matched exactly; unknown members are ignored; `jsonrpc` must be "2.0"; `params` and `result`
/// must be objects. Takes `value` apart; on an error it is left as it was, so that readable_id can
/// still be asked.
base::Result<Message> parse_message(base::Json&& value);

/// An id as it stands in JSON; nullopt when it is none.
std::optional<Id> parse_id(const base::Json& value);

/// The id that an answer to a refused message can carry: its member `id`, when that is a valid one.
std::optional<Id> readable_id(const base::Json& value);

/// Serialise one message to compact JSON text.
/// `params` is the text of an object.
std::string request_text(const Id& id, std::string_view method, std::string_view params);
/// Null `params` are left out.
std::string notification_text(std::string_view method, const base::Json& params);
std::string result_text(const Id& id, const base::Json& result);
/// The same of a result that is text already.
std::string result_text_of(const Id& id, std::string_view result);
/// `id` is omitted when absent (the schema of 2026-07-28 forbids null).
std::string error_text(const std::optional<Id>& id, const RpcError& error);

/// The id as it stands in JSON.
base::Json to_json(const Id& id);

}  // namespace mcp
