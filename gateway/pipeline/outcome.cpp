#include "gateway/pipeline/outcome.h"

#include <utility>

#include "mcp/messages.h"

namespace gateway::pipeline {
namespace {

constexpr int refused_code = -31'000;  // of Sluice's own: outside of what JSON-RPC reserves

}  // namespace

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

Outcome unknown(policies::Primitive primitive, const std::string& name, std::string detail) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::refused;
  outcome.reason = "unknown_" + std::string(to_string(primitive));
  outcome.detail = std::move(detail);
  outcome.error = mcp::RpcError{mcp::code::invalid_params, "Unknown tool: " + name, {}};
  if (primitive == policies::Primitive::prompt) outcome.error->message = "Unknown prompt: " + name;
  if (primitive == policies::Primitive::resource) {
    outcome.error->message = "Resource not found";
    outcome.error->data = {{"uri", name}};  // 2026-07-28, resources: errors
  }
  return outcome;
}

void make_error(Outcome& outcome) {
  if (outcome.error || !outcome.tool_error()) return;
  const base::Json* content = base::find_member(outcome.result, "content");
  if (content == nullptr || !content->is_array() || content->empty()) return;
  const std::string* text = base::find_string(content->front(), "text");
  if (text == nullptr) return;
  const int code = outcome.kind == Outcome::Kind::refused ? refused_code : mcp::code::internal_error;
  mcp::RpcError error{code, *text, {}};
  if (const base::Json* extras = base::find_member(outcome.result, "_meta")) error.data = *extras;
  outcome.error = std::move(error);
  outcome.result = nullptr;
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
