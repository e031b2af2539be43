// A JSON-RPC message from either side: what is accepted means the same after it was written anew.
#include "base/json.h"
#include "mcp/inbound.h"
#include "mcp/jsonrpc.h"
#include "tests/fuzz/fuzz.h"

namespace {

std::string written(const mcp::Message& message) {
  if (const auto* request = std::get_if<mcp::Request>(&message)) {
    const base::Json& params = request->params;
    return mcp::request_text(request->id, request->method,
                             params.is_null() ? "{}" : base::dump_json(params));
  }
  if (const auto* notification = std::get_if<mcp::Notification>(&message)) {
    return mcp::notification_text(notification->method, notification->params);
  }
  const auto& response = std::get<mcp::Response>(message);
  if (response.error) return mcp::error_text(response.id, *response.error);
  return mcp::result_text(*response.id, response.result);
}

std::optional<mcp::Message> parsed(std::string_view text) {
  auto json = base::parse_json(text);
  if (!json) return std::nullopt;
  auto message = mcp::parse_message(std::move(json->value));
  if (!message) {
    fuzz::require(!message.error().message.empty(), "a refusal says why");
    (void)mcp::readable_id(json->value);
    return std::nullopt;
  }
  return std::move(*message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = parsed(fuzz::text_of(data, size));
  if (!message) return 0;
  const std::string text = written(*message);
  const auto again = parsed(text);
  fuzz::require(again.has_value(), "what was written is a message");
  fuzz::require(again->index() == message->index(), "it is of the same kind");
  fuzz::require(written(*again) == text, "writing is stable");
  (void)mcp::classify(*message, {});
  (void)mcp::classify(*message, {"2026-07-28", "tools/call", "=?base64?YQ==?=", {}});
  return 0;
}
