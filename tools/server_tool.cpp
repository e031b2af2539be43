#include "tools/server_tool.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/crypto.h"

namespace tools {
namespace {

using base::Json;

constexpr std::size_t max_name = 128;  // MCP 2026-07-28, tools: names

bool is_tool_name(const std::string& name) {
  return !name.empty() && name.size() <= max_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.' || c == '/';
         });
}

bool has_true(const Json& object, const char* key) {
  const Json* found = base::find_member(object, key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

// The reason why the schema does not do, or "".
std::string compile_input(const Json& definition, ServerTool& tool) {
  const Json* input = base::find_member(definition, "inputSchema");
  if (input == nullptr || !input->is_object()) return "its inputSchema is missing or no object";
  const std::string* type = base::find_string(*input, "type");
  if (type == nullptr || *type != "object") return "its inputSchema is not of type object";
  auto compiled = schema::Schema::compile(*input);
  if (!compiled) return "its inputSchema cannot be checked: " + compiled.error().message;
  auto headers = mcp::find_param_headers(*input);
  if (!headers)
    return "its inputSchema breaks the rules of x-mcp-header: " + headers.error().message;
  tool.input = std::move(*compiled);
  tool.param_headers = std::move(*headers);
  return {};
}

// A result that cannot be checked against what was promised of it is as bad as arguments that
// cannot.
std::string compile_output(const Json& definition, ServerTool& tool) {
  const Json* output = base::find_member(definition, "outputSchema");
  if (output == nullptr) return {};
  auto compiled = schema::Schema::compile(*output);
  if (!compiled) return "its outputSchema cannot be checked: " + compiled.error().message;
  tool.output = std::move(*compiled);
  return {};
}

}  // namespace

ServerTool compile_tool(Json definition, const base::Limits& limits) {
  ServerTool tool;
  const std::string text = base::dump_json(definition);
  tool.definition_hash = base::blake2b_hex(text);
  if (const std::string* name = base::find_string(definition, "name")) tool.name = *name;
  if (!is_tool_name(tool.name)) {
    tool.quarantine = "its name is not 1 to 128 of A-Z a-z 0-9 _ - . /";
  } else if (text.size() > limits.tool_definition) {
    tool.quarantine =
        "its definition is longer than " + std::to_string(limits.tool_definition) + " bytes";
  } else {
    tool.quarantine = compile_input(definition, tool);
    if (tool.quarantine.empty()) tool.quarantine = compile_output(definition, tool);
  }
  if (const Json* annotations = base::find_member(definition, "annotations")) {
    tool.read_only_hint = has_true(*annotations, "readOnlyHint");
  }
  tool.definition = std::move(definition);
  return tool;
}

std::vector<ServerTool> compile_tools(std::vector<Json> definitions, const base::Limits& limits) {
  std::vector<ServerTool> tools;
  std::map<std::string, std::size_t, std::less<>> names;
  for (Json& definition : definitions) {
    tools.push_back(compile_tool(std::move(definition), limits));
    const auto [earlier, fresh] = names.emplace(tools.back().name, tools.size() - 1);
    if (fresh) continue;
    tools.back().quarantine = tools[earlier->second].quarantine =
        "the server lists its name more than once";
  }
  return tools;
}

}  // namespace tools
