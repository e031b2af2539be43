#include "tests/bench/answers.h"

#include "tests/bench/frame.h"

namespace bench {
namespace {

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text += part;
  return text;
}

constexpr std::string_view session_id = "bench-session-1";
constexpr std::string_view server_info = R"({"name":"bench-upstream","version":"1.0.0"})";

Answer http(std::string_view status, std::string_view body, std::string_view more_headers = "") {
  Answer answer;
  answer.http.reserve(160 + body.size());
  answer.http.append("HTTP/1.1 ").append(status).append("\r\n").append(more_headers);
  if (!body.empty()) answer.http += "Content-Type: application/json\r\n";
  answer.http += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  answer.http += body;
  return answer;
}

Answer result(const Message& to, std::string_view value, std::string_view more_headers = "") {
  const auto body = join({R"({"jsonrpc":"2.0","id":)", to.id, R"(,"result":)", value, "}"});
  return http("200 OK", body, more_headers);
}

Answer error(const Message& to, std::string_view status, int code, const std::string& text) {
  const auto id = to.id.empty() ? std::string() : join({R"("id":)", to.id, ","});
  return http(status, join({R"({"jsonrpc":"2.0",)", id, R"("error":{"code":)", std::to_string(code),
                            R"(,"message":)", json_text(text), "}}"}));
}

std::string tool(const std::string& name) {
  return join({R"({"name":")", name,
               R"(","description":"Answers with its message.","inputSchema":)"
               R"({"type":"object","properties":{"message":{"type":"string"}},)"
               R"("required":["message"],"additionalProperties":false},)"
               R"("annotations":{"readOnlyHint":true}})"});
}

/// Results of 2026-07-28 name their type; earlier revisions know no such member.
std::string open_result(const Character& character) {
  return character.legacy ? "{" : R"({"resultType":"complete",)";
}

std::string tools_result(const Character& character) {
  std::string text = open_result(character);
  if (!character.legacy) text += R"("ttlMs":60000,"cacheScope":"public",)";
  text.append(R"("tools":[)").append(tool("echo"));
  if (character.delay) text.append(",").append(tool("slow"));
  for (int i = 0; i < character.dummy_tools; ++i) {
    text.append(",").append(tool("dummy_" + std::to_string(i)));
  }
  return text.append("]}");
}

std::string discovery() {
  return join(
      {R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},)"
       R"("ttlMs":60000,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":)",
       server_info, "}}"});
}

std::string initialization() {
  return join({R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":)",
               server_info, "}"});
}

}  // namespace

Answers::Answers(const Character& character)
    : character_(character), tools_(tools_result(character)) {}

Answer Answers::answer(std::string_view head, std::string_view body) const {
  if (!head.starts_with("POST ")) return http("405 Method Not Allowed", "", "Allow: POST\r\n");
  const auto message = read_message(body);
  if (!message) return error({}, "400 Bad Request", -32700, "not JSON");
  return character_.legacy ? legacy(head, *message) : modern(*message);
}

Answer Answers::modern(const Message& message) const {
  if (message.id.empty()) return http("202 Accepted", "");
  if (message.method == "tools/call") return call(message);
  if (message.method == "tools/list") return result(message, tools_);
  if (message.method == "server/discover") return result(message, discovery());
  return error(message, "404 Not Found", -32601, "Method not found: " + message.method);
}

Answer Answers::legacy(std::string_view head, const Message& message) const {
  if (message.method == "initialize") {
    const std::string header = "Mcp-Session-Id: " + std::string(session_id) + "\r\n";
    return result(message, initialization(), header);
  }
  const auto session = header_value(head, "Mcp-Session-Id");
  if (session.empty()) return error(message, "400 Bad Request", -32000, "Server not initialized");
  if (session != session_id) return error(message, "404 Not Found", -32001, "Session not found");
  if (message.id.empty()) return http("202 Accepted", "");
  if (message.method == "tools/call") return call(message);
  if (message.method == "tools/list") return result(message, tools_);
  if (message.method == "ping") return result(message, "{}");
  return error(message, "200 OK", -32601, "Method not found: " + message.method);
}

Answer Answers::call(const Message& message) const {
  const bool is_slow = character_.delay && message.name == "slow";
  if (!is_slow && message.name != "echo") {
    return error(message, "200 OK", -32602, "Unknown tool: " + message.name);
  }
  Answer answer =
      result(message, join({open_result(character_), R"("content":[{"type":"text","text":)",
                            json_text(message.message), "}]}"}));
  if (is_slow) answer.delay = *character_.delay;
  return answer;
}

}  // namespace bench
