#include "mcp/messages.h"

#include <array>
#include <utility>

namespace mcp {
namespace {

struct MirroredMember {
  std::string_view method;
  std::string_view member;
};

constexpr std::array<MirroredMember, 6> mirrored_members{{
    {"tools/call", "name"},
    {"prompts/get", "name"},
    {"resources/read", "uri"},
    {"tasks/get", "taskId"},
    {"tasks/update", "taskId"},
    {"tasks/cancel", "taskId"},
}};

// Of what a server says, as much as a status can show.
constexpr std::size_t longest_reason = 200;

}  // namespace

std::optional<std::string> mirrored_name(const std::string& method, const base::Json& params) {
  for (const MirroredMember& row : mirrored_members) {
    if (row.method != method) continue;
    const std::string* value = base::find_string(params, row.member);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  return std::nullopt;
}

base::Error refused_by(const std::string& method, const RpcError& error) {
  return {base::Code::refused,
          "it refused " + method + " with JSON-RPC error " + std::to_string(error.code),
          error.message.substr(0, longest_reason)};
}

std::string unserved_text(const Request& request) {
  if (request.method == "ping") return result_text(request.id, base::Json::object());
  return error_text(request.id,
                    {code::method_not_found, "Method not found: " + request.method, {}});
}

bool elicits_forms(const base::Json& capabilities) {
  const base::Json* elicitation = base::find_member(capabilities, "elicitation");
  if (elicitation == nullptr || !elicitation->is_object()) return false;
  return elicitation->contains("form") || !elicitation->contains("url");
}

base::Json text_content_result(std::string text, bool is_error) {
  base::Json block = base::Json::object();
  block["type"] = "text";
  block["text"] = std::move(text);
  base::Json result = base::Json::object();
  result["content"] = base::Json::array();
  result["content"].push_back(std::move(block));
  result["isError"] = is_error;
  return result;
}

}  // namespace mcp
