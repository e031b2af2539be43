#include "runtime/answer_reader.h"

#include <algorithm>
#include <set>
#include <utility>

namespace runtime {

std::optional<std::int64_t> count_of(const base::Json& object, std::string_view key) {
  constexpr std::uint64_t most = 100'000'000;
  const base::Json* value = base::find_member(object, key);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return static_cast<std::int64_t>(std::min(value->get<std::uint64_t>(), most));
}

ToolRequest read_request(std::string id, std::string tool, const std::string& arguments) {
  ToolRequest request{std::move(id), std::move(tool), base::Json::object(), ""};
  if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) return request;
  auto parsed = base::parse_json(arguments);
  if (!parsed) {
    request.unreadable = "The arguments are no JSON: " + parsed.error().message;
  } else if (!parsed->value.is_object()) {
    request.unreadable = "The arguments must be a JSON object.";
  } else if (parsed->inexact) {
    request.unreadable =
        *parsed->inexact +
        ": expected a number that a 64-bit integer or a double holds exactly, found one with more "
        "digits";
  } else {
    request.arguments = std::move(parsed->value);
  }
  return request;
}

void settle_ids(std::vector<ToolRequest>& calls) {
  std::set<std::string> taken;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    std::string& id = calls[at].id;
    for (std::size_t more = at; id.empty() || taken.contains(id); ++more) {
      id = "call_" + std::to_string(more);
    }
    taken.insert(id);
  }
}

}  // namespace runtime
