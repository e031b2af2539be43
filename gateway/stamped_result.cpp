#include "gateway/stamped_result.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/json_text.h"
#include "base/version.h"
#include "mcp/messages.h"

namespace gateway {
namespace {

using base::Json;
using base::JsonObjectText;
using Names = std::span<const std::string_view>;

constexpr std::string_view request_id_key = "dev.sluice/requestId";
constexpr std::array<std::string_view, 2> own_members = {"resultType", "_meta"};
constexpr std::array<std::string_view, 4> own_members_of_resources = {"resultType", "_meta",
                                                                      "ttlMs", "cacheScope"};
constexpr std::array<std::string_view, 2> own_extras = {request_id_key, mcp::meta::server_info};

void add_members(std::string& out, JsonObjectText& object, const Json* members, Names but) {
  if (members == nullptr || !members->is_object()) return;
  for (const auto& [name, value] : members->get_ref<const Json::object_t&>()) {
    if (std::find(but.begin(), but.end(), name) != but.end()) continue;
    object.begin_any(name);
    base::append_json(out, value);
  }
}

void add_extras(std::string& out, JsonObjectText& result, const Json* extras,
                const ResultStamps& stamps) {
  result.begin("_meta");
  JsonObjectText stamped(out);
  add_members(out, stamped, extras, own_extras);
  stamped.add_any(request_id_key, stamps.request_id);
  if (stamps.modern) {
    stamped.begin_any(mcp::meta::server_info);
    JsonObjectText(out).add("name", "sluice").add("version", base::version).end();
  }
  stamped.end();
}

// What one agent may read another may be refused (2026-07-28, caching): what the server says of
// keeping a resource is its word to Sluice alone.
void add_answer(std::string& out, JsonObjectText& result, const Json& answer,
                const ResultStamps& stamps) {
  const bool is_resource = stamps.primitive == policies::Primitive::resource;
  add_members(out, result, &answer,
              is_resource ? Names(own_members_of_resources) : Names(own_members));
  if (!stamps.modern) return;
  result.add("resultType", "complete");
  if (is_resource) result.add("ttlMs", 0).add("cacheScope", "private");
}

}  // namespace

std::string stamped_result(const pipeline::Outcome& outcome, const ResultStamps& stamps) {
  std::string out;
  JsonObjectText result(out);
  if (outcome.questions) {
    result.add("resultType", "input_required").begin("inputRequests");
    base::append_json(out, *outcome.questions);
  } else {
    add_answer(out, result, outcome.result, stamps);
  }
  add_extras(out, result, base::find_member(outcome.result, "_meta"), stamps);
  result.end();
  return out;
}

}  // namespace gateway
