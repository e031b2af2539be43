#include "gateway/pipeline/outcome.h"

#include <utility>

#include "mcp/messages.h"

namespace gateway::pipeline {

bool Outcome::tool_error() const {
  const base::Json* flag = base::find_member(result, "isError");
  return flag != nullptr && flag->is_boolean() && flag->get<bool>();
}

std::string_view to_string(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::answered:
      return "answered";
    case Outcome::Kind::refused:
      return "refused";
    case Outcome::Kind::failed:
      return "failed";
    case Outcome::Kind::unknown:
      return "unknown";
  }
  return "unknown";
}

Outcome unknown_tool(const std::string& name, std::string detail) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::refused;
  outcome.reason = "unknown_tool";
  outcome.detail = std::move(detail);
  outcome.error = mcp::RpcError{mcp::code::invalid_params, "Unknown tool: " + name, {}};
  return outcome;
}

Outcome refused(std::string reason, std::string text, std::string detail) {
  return server_failed(Outcome::Kind::refused, std::move(reason), std::move(text),
                       std::move(detail));
}

Outcome store_unavailable(std::string detail) {
  return refused("store_unavailable", "Store unavailable. Nothing was sent or charged.",
                 std::move(detail));
}

Outcome server_failed(Outcome::Kind kind, std::string reason, std::string text,
                      std::string detail) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.reason = std::move(reason);
  outcome.detail = std::move(detail);
  outcome.result = mcp::text_content_result(std::move(text), true);
  return outcome;
}

}  // namespace gateway::pipeline
