#include "tools/schema/index.h"

#include <utility>

#include "tools/schema/metaschema.h"
#include "tools/schema/uri.h"
#include "tools/schema/words.h"

namespace tools::schema {
namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using base::Status;

// Above what any parsed document has by default; guards the stack against documents that no parser
// bounded.
constexpr std::size_t max_json_depth = 128;

// What a keyword holds: where subschemas are found.
enum class Holds { schema, list, map, schema_or_list, map_of_schema_or_names };

struct Container {
  Holds holds;
  Dialect drafts;
  Dialect vocabulary = dialect::applicator;
};

const Container* find_container(std::string_view keyword, Dialect in) {
  static const std::unordered_map<std::string_view, Container> containers = {
      {"allOf", {Holds::list, dialect::all}},
      {"anyOf", {Holds::list, dialect::all}},
      {"oneOf", {Holds::list, dialect::all}},
      {"not", {Holds::schema, dialect::all}},
      {"if", {Holds::schema, dialect::since_7}},
      {"then", {Holds::schema, dialect::since_7}},
      {"else", {Holds::schema, dialect::since_7}},
      {"properties", {Holds::map, dialect::all}},
      {"patternProperties", {Holds::map, dialect::all}},
      {"additionalProperties", {Holds::schema, dialect::all}},
      {"propertyNames", {Holds::schema, dialect::since_6}},
      {"contains", {Holds::schema, dialect::since_6}},
      {"$defs", {Holds::map, dialect::all, dialect::core}},
      {"definitions", {Holds::map, dialect::all, dialect::core}},
      {"dependencies", {Holds::map_of_schema_or_names, dialect::all}},
      {"dependentSchemas", {Holds::map, dialect::since_2019}},
      {"unevaluatedItems", {Holds::schema, dialect::since_2019, dialect::unevaluated}},
      {"unevaluatedProperties", {Holds::schema, dialect::since_2019, dialect::unevaluated}},
      {"contentSchema", {Holds::schema, dialect::since_2019, dialect::core}},
      {"prefixItems", {Holds::list, dialect::draft2020_12}},
      {"additionalItems", {Holds::schema, dialect::before_2020}},
      {"items", {Holds::schema_or_list, dialect::all}},
  };
  const auto found = containers.find(keyword);
  if (found == containers.end()) return nullptr;
  const Container& container = found->second;
  return (container.drafts & in) != 0 && (container.vocabulary & in) != 0 ? &container : nullptr;
}

bool holds_list(const Container& container, const Json& value, Dialect in) {
  if (container.holds == Holds::list) return true;
  // Since 2020-12 `prefixItems` is what a list in `items` was.
  return container.holds == Holds::schema_or_list && value.is_array() &&
         (in & dialect::before_2020) != 0;
}

std::string below(const std::string& pointer, std::string_view token) {
  std::string longer = pointer;
  base::append_pointer(longer, token);
  return longer;
}

Error error_of(std::string_view document, std::string_view pointer, std::string_view what,
               Code code) {
  std::string message = shorten(document, expected_bytes);
  message.append("#").append(shorten(pointer, expected_bytes)).append(": ").append(what);
  return {code, std::move(message), {}};
}

constexpr std::size_t few_members = 32;

}  // namespace

// RFC 6901 §4. A token with a bad escape names nothing.
const Json* Index::child(const Json& value, std::string_view token) {
  if (value.is_array()) {
    const bool leading_zero = token.size() > 1 && token[0] == '0';
    const bool digits = token.find_first_not_of("0123456789") == std::string_view::npos;
    if (token.empty() || token.size() > 9 || leading_zero || !digits) return nullptr;
    const std::size_t index = std::stoul(std::string(token));
    return index < value.size() ? &value[index] : nullptr;
  }
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      name += token[i];
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return nullptr;
    name += token[i] == '0' ? '~' : '/';
  }
  if (!value.is_object() || value.size() <= few_members) return base::find_member(value, name);
  // Many references into one large object would be quadratic.
  auto [index, fresh] = members_.try_emplace(&value);
  if (fresh)
    for (const auto& [known, member] : *value.get_ptr<const Json::object_t*>())
      index->second.emplace(known, &member);
  const auto found = index->second.find(name);
  return found == index->second.end() ? nullptr : found->second;
}

Error Place::error(std::string_view what, Code code) const {
  return error_of(document, pointer, what, code);
}

Error Place::error_at(std::string_view keyword, std::string_view what, Code code) const {
  return error_of(document, below(pointer, keyword), what, code);
}

bool Place::is_bare_ref() const {
  return (dialect & dialect::before_2019) != 0 && base::find_member(*json, "$ref") != nullptr;
}

Status Index::add(const Json& document) {
  const Dialect asserts = options_.assert_format ? dialect::format_assertion : 0;
  return add_document("", document, dialect::draft2020_12 | dialect::standard | asserts);
}

Status Index::count_values(std::string_view uri, const Json& value, std::size_t depth) {
  if (depth > max_json_depth)
    return error_of(uri, "",
                    "is nested more than " + std::to_string(max_json_depth) + " levels deep",
                    Code::limit);
  if (++values_ > options_.limits.values)
    return error_of(uri, "",
                    "there are more than " + std::to_string(options_.limits.values) + " values",
                    Code::limit);
  if (!value.is_structured()) return {};
  for (const Json& child : value)
    if (auto done = count_values(uri, child, depth + 1); !done) return done;
  return {};
}

// A document without `$id` is known by the URI under which it was found.
Status Index::add_document(std::string_view uri, const Json& document, Dialect dialect) {
  if (places_.size() >= options_.limits.subschemas)
    return error_of(
        uri, "",
        "there are more than " + std::to_string(options_.limits.subschemas) + " subschemas",
        Code::limit);
  if (auto done = count_values(uri, document, 0); !done) return done;
  Resource& resource = program_.resources.emplace_back();
  resource.uri = uri;
  Node& node = program_.nodes.emplace_back(places_.size());
  places_.push_back({&document, uri, "", 0, dialect, &resource, &node});
  by_json_.emplace(&document, &places_.back());
  resources_.emplace(uri, &places_.back());
  return scan();
}

Result<Place*> Index::find_document(const std::string& uri, const Place& from,
                                    const Error& missing) {
  if (const auto known = resources_.find(uri); known != resources_.end()) return known->second;
  const Json* given = options_.documents == nullptr ? nullptr : options_.documents->find(uri);
  if (given == nullptr) given = find_metaschema(uri);
  if (given == nullptr) return missing;
  // What does not name its draft is of the one that refers to it.
  const std::string& name = program_.documents.emplace_back(uri);
  if (auto done = add_document(name, *given, from.dialect); !done) return done.error();
  return resources_.find(uri)->second;
}

Place* Index::find(const Json& schema) {
  const auto found = by_json_.find(&schema);
  return found == by_json_.end() ? nullptr : found->second;
}

Status Index::enqueue(const Json& schema, std::string pointer, const Place& parent) {
  const CompileLimits& limits = options_.limits;
  if (parent.depth >= limits.depth)
    return parent.error("subschemas are nested more than " + std::to_string(limits.depth) + " deep",
                        Code::limit);
  if (places_.size() >= limits.subschemas)
    return parent.error("there are more than " + std::to_string(limits.subschemas) + " subschemas",
                        Code::limit);
  Node& node = program_.nodes.emplace_back(places_.size());
  places_.push_back({&schema, parent.document, std::move(pointer), parent.depth + 1, parent.dialect,
                     parent.resource, &node});
  by_json_.emplace(&schema, &places_.back());
  return {};
}

Status Index::scan() {
  for (; scanned_ < places_.size(); ++scanned_)
    if (auto done = expand(places_[scanned_]); !done) return done;
  return {};
}

Status Index::expand(Place& place) {
  const auto* members = place.json->get_ptr<const Json::object_t*>();
  if (members == nullptr) {
    if (place.json->is_boolean()) return {};
    return place.error("expected a schema: an object or a boolean");
  }
  if (auto done = identify(place); !done) return done;
  const bool bare_ref = place.is_bare_ref();
  for (const auto& [keyword, value] : *members) {
    if (bare_ref && keyword != "definitions" && keyword != "$defs") continue;
    if (auto done = children(place, keyword, value); !done) return done;
  }
  return {};
}

Status Index::children(Place& place, const std::string& keyword, const Json& value) {
  const Container* container = find_container(keyword, place.dialect);
  if (container == nullptr) return {};
  const std::string pointer = below(place.pointer, keyword);
  if (holds_list(*container, value, place.dialect)) {
    if (!value.is_array() || (value.empty() && container->holds == Holds::list))
      return place.error_at(keyword, "expected a list of schemas that is not empty");
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto done = enqueue(value[i], below(pointer, std::to_string(i)), place); !done)
        return done;
    return {};
  }
  if (container->holds == Holds::schema || container->holds == Holds::schema_or_list)
    return enqueue(value, pointer, place);
  const auto* members = value.get_ptr<const Json::object_t*>();
  if (members == nullptr) return place.error_at(keyword, "expected an object");
  for (const auto& [name, member] : *members) {
    if (container->holds == Holds::map_of_schema_or_names && member.is_array()) continue;
    if (auto done = enqueue(member, below(pointer, name), place); !done) return done;
  }
  return {};
}

Result<Place*> Index::resolve(const Place& from, const std::string& keyword,
                              std::string_view reference) {
  const Error missing = from.error_at(
      keyword, in_quotes(reference) + " is not in this document, and nothing is fetched");
  const Target target = resolve_uri(from.resource->uri, reference);
  const auto document = find_document(target.document, from, missing);
  if (!document) return document.error();
  const auto fragment = decode_percent(target.fragment);
  if (!fragment) return missing;
  if (fragment->empty()) return *document;
  if (fragment->front() == '/') return walk(**document, *fragment, missing);
  // A document may be known by its `$id` and by where it was found: its anchors are of the former.
  const auto anchor = anchors_.find((*document)->resource->uri + "#" + *fragment);
  if (anchor == anchors_.end()) return missing;
  return anchor->second;
}

Result<Place*> Index::walk(Place& root, std::string_view pointer, const Error& missing) {
  const Json* value = root.json;
  Place* nearest = &root;
  const std::string path = root.pointer + std::string(pointer);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    value = child(*value, token);
    if (value == nullptr) return missing;
    if (Place* known = find(*value)) nearest = known;
  }
  if (nearest->json == value) return nearest;
  if (auto added = enqueue(*value, path, *nearest); !added) return added.error();
  Place* place = &places_.back();
  if (auto done = scan(); !done) return done.error();
  return place;
}

}  // namespace tools::schema
