#include "tools/schema/metaschema.h"

#include <unordered_map>
#include <utility>

namespace tools::schema {
namespace {

using base::Json;
using ByUri = std::unordered_map<std::string, Json>;

ByUri read_all() {
  ByUri all;
  for (const std::string_view text : metaschema_texts()) {
    auto parsed = base::parse_json(text);
    if (!parsed) continue;  // a test counts them
    const std::string* id = base::find_string(parsed->value, "$id");
    if (id == nullptr) id = base::find_string(parsed->value, "id");  // draft 4
    if (id == nullptr) continue;
    std::string uri = id->substr(0, id->find('#'));
    all.emplace(std::move(uri), std::move(parsed->value));
  }
  return all;
}

}  // namespace

const Json* find_metaschema(std::string_view uri) {
  static const ByUri all = read_all();
  const auto found = all.find(std::string(uri));
  return found == all.end() ? nullptr : &found->second;
}

}  // namespace tools::schema
