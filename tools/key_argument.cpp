#include "tools/key_argument.h"

#include <limits>
#include <utility>

namespace tools {
namespace {

using base::Json;

constexpr const char* input_schema = "inputSchema";

}  // namespace

std::string key_problem(const ServerTool& tool, const std::string& argument) {
  const Json* schema = base::find_member(tool.definition, input_schema);
  const Json* properties = base::find_member(*schema, "properties");
  if (properties == nullptr || base::find_member(*properties, argument) == nullptr) {
    return "the policy's key_argument '" + argument + "' is no property of its inputSchema";
  }
  // What is missing beside the key is the caller's: only what is said of the key itself counts.
  std::string place;
  base::append_pointer(place, argument);
  schema::ValidateLimits limits;
  limits.violations = std::numeric_limits<std::size_t>::max();
  for (const auto& violation : tool.input->validate({{argument, key_form}}, limits)) {
    if (violation.instance != place) continue;
    return "the policy's key_argument '" + argument + "' does not take a UUID: expected " +
           violation.expected;
  }
  return {};
}

Json without_argument(Json definition, const std::string& argument) {
  Json& schema = definition[input_schema];
  schema["properties"].erase(argument);
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array()) return definition;
  Json others = Json::array();
  for (Json& name : *required) {
    if (name != argument) others.push_back(std::move(name));
  }
  if (others.empty()) {
    schema.erase("required");  // draft 4 knows no empty one
  } else {
    *required = std::move(others);
  }
  return definition;
}

}  // namespace tools
