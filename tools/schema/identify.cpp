#include <algorithm>
#include <utility>

#include "tools/schema/index.h"
#include "tools/schema/uri.h"
#include "tools/schema/words.h"

namespace tools::schema {
namespace {

using base::Json;
using base::Status;

// Every anchor and reference is resolved against it.
constexpr std::size_t max_id_bytes = 512;

const Json* find_id(const Place& place) {
  return base::find_member(*place.json, (place.dialect & dialect::draft4) != 0 ? "id" : "$id");
}

// Core §8.2.2.
bool is_anchor(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto follows = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), follows);
}

}  // namespace

Status Index::identify(Place& place) {
  const bool root = place.depth == 0;
  if (auto done = name_dialect(place); !done) return done;
  const Json* id = find_id(place);
  // Draft 7 §8.3: `$ref` hides `$id` too.
  if (id != nullptr && !place.is_bare_ref())
    if (auto done = name_resource(place, *id); !done) return done;
  if ((place.dialect & dialect::before_2019) != 0) return {};
  for (const std::string keyword : {"$anchor", "$dynamicAnchor"}) {
    if (keyword == "$dynamicAnchor" && (place.dialect & dialect::draft2020_12) == 0) continue;
    const Json* anchor = base::find_member(*place.json, keyword);
    if (anchor == nullptr) continue;
    if (auto done = name_anchor(place, keyword, *anchor); !done) return done;
  }
  if ((place.dialect & dialect::draft2019_09) == 0) return {};
  const Json* recursive = base::find_member(*place.json, "$recursiveAnchor");
  if (recursive == nullptr) return {};
  if (!recursive->is_boolean()) return place.error_at("$recursiveAnchor", "expected a boolean");
  // It speaks for its resource, at whose root alone it may stand (2019-09 Core §8.2.4.2.2).
  if (*recursive == true && (root || id != nullptr))
    place.resource->dynamic_anchors.emplace_back("", place.node);
  return {};
}

Status Index::name_dialect(Place& place) {
  const Json* dialect = base::find_member(*place.json, "$schema");
  if (dialect == nullptr) return {};
  const auto* uri = dialect->get_ptr<const std::string*>();
  if (uri == nullptr) return place.error_at("$schema", "expected a string");
  const auto found = find_dialect(*uri, options_.documents);
  if (!found) return place.error_at("$schema", in_quotes(*uri) + " " + found.error().message);
  const Dialect asserts = options_.assert_format ? dialect::format_assertion : 0;
  Place renamed = place;
  renamed.dialect = *found | asserts;
  if (place.depth > 0 && find_id(renamed) == nullptr && renamed.dialect != place.dialect)
    return place.error_at("$schema", "a subschema without $id cannot be of another draft");
  place.dialect = renamed.dialect;
  return {};
}

Status Index::name_resource(Place& place, const Json& id) {
  const auto* text = id.get_ptr<const std::string*>();
  if (text == nullptr) return place.error_at("$id", "expected a string");
  if (text->size() > max_id_bytes)
    return place.error_at("$id", "is longer than " + std::to_string(max_id_bytes) + " bytes",
                          base::Code::limit);
  const Target target = resolve_uri(place.resource->uri, *text);
  if (target.document.size() > max_id_bytes)
    return place.error_at("$id", "resolves to more than " + std::to_string(max_id_bytes) + " bytes",
                          base::Code::limit);
  const bool only_fragment = text->starts_with('#');
  if (!target.fragment.empty() && (place.dialect & dialect::before_2019) == 0)
    return place.error_at("$id", "a fragment is not allowed");
  if (!only_fragment) {
    if (place.depth > 0) place.resource = &program_.resources.emplace_back();
    place.resource->uri = target.document;
    place.resource->pointer = place.pointer;
    const auto [known, added] = resources_.emplace(target.document, &place);
    if (!added && known->second != &place)
      return place.error_at("$id", "two subschemas are called " + in_quotes(target.document));
  }
  if (target.fragment.empty()) return {};
  return register_anchor(place, "$id", target.fragment);
}

Status Index::name_anchor(Place& place, const std::string& keyword, const Json& anchor) {
  const auto* name = anchor.get_ptr<const std::string*>();
  if (name == nullptr) return place.error_at(keyword, "expected a string");
  if (!is_anchor(*name)) return place.error_at(keyword, "expected a name as an anchor has it");
  if (keyword == "$dynamicAnchor") {
    if (place.resource->dynamic_anchor(*name) != nullptr)
      return place.error_at(keyword, "two subschemas are called " + in_quotes(*name));
    place.resource->dynamic_anchors.emplace_back(*name, place.node);
  }
  return register_anchor(place, keyword, *name);
}

Status Index::register_anchor(Place& place, const std::string& keyword, const std::string& name) {
  const auto [known, added] = anchors_.emplace(place.resource->uri + "#" + name, &place);
  // `$anchor` and `$dynamicAnchor` of one subschema may agree.
  if (!added && known->second != &place)
    return place.error_at(keyword, "two subschemas are called " + in_quotes(name));
  return {};
}

}  // namespace tools::schema
