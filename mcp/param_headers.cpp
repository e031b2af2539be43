#include "mcp/param_headers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <utility>

#include "mcp/header_value.h"
#include "mcp/messages.h"

namespace mcp {
namespace {

using base::Json;

constexpr std::string_view annotation = "x-mcp-header";

// Where JSON Schema keeps subschemas, in all dialects: everything else (default, enum, examples …)
// is data, in which a member of that name means nothing.
constexpr std::array single_subschemas{"items",
                                       "additionalItems",
                                       "contains",
                                       "additionalProperties",
                                       "unevaluatedItems",
                                       "propertyNames",
                                       "contentSchema",
                                       "not",
                                       "unevaluatedProperties",
                                       "if",
                                       "then",
                                       "else"};
constexpr std::array lists_of_subschemas{"allOf", "anyOf", "oneOf", "prefixItems", "items"};
constexpr std::array maps_of_subschemas{"patternProperties", "$defs", "definitions",
                                        "dependentSchemas", "dependencies"};

// A schema that is still to be looked at. `reachable`: through `properties` alone.
struct Place {
  const Json* schema;
  bool reachable;
  std::vector<std::string> path;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           marks.find(c) != std::string_view::npos;
  });
}

base::Error broken_rule(std::string message) {
  return {base::Code::invalid, std::move(message), {}};
}

class Finder final {
 public:
  base::Result<std::vector<ParamHeader>> run(const Json& root) {
    pending_.push_back({&root, true, {}});
    while (!pending_.empty()) {
      const Place place = std::move(pending_.back());
      pending_.pop_back();
      if (const Json* name = base::find_member(*place.schema, annotation)) {
        if (auto taken = take(*name, place); !taken) return taken.error();
      }
      add_unreachable(*place.schema);
      add_properties(place);
    }
    return std::move(found_);
  }

 private:
  base::Status take(const Json& name, const Place& place) {
    const auto* text = name.get_ptr<const std::string*>();
    if (text == nullptr || !is_token(*text)) {
      return broken_rule("An x-mcp-header annotation is no header token.");
    }
    if (place.path.empty()) {  // the root has no path either
      return broken_rule("An x-mcp-header annotation is not reachable through properties alone.");
    }
    const std::string* type = base::find_string(*place.schema, "type");
    if (type == nullptr || (*type != "string" && *type != "integer" && *type != "boolean")) {
      return broken_rule("An x-mcp-header annotation is on no string, integer or boolean.");
    }
    if (!names_.insert(lower(*text)).second) {
      return broken_rule("An x-mcp-header annotation is used twice.");
    }
    found_.push_back({*text, place.path});
    return {};
  }

  // Pushed in reverse, so that the annotations come out in the order of the schema.
  void add_properties(const Place& place) {
    const Json* properties = base::find_member(*place.schema, "properties");
    if (properties == nullptr || !properties->is_object()) return;
    const auto& members = properties->get_ref<const Json::object_t&>();
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
      std::vector<std::string> path;
      if (place.reachable) {
        path = place.path;
        path.push_back(member->first);
      }
      pending_.push_back({&member->second, place.reachable, std::move(path)});
    }
  }

  void add_unreachable(const Json& schema) {
    for (const char* keyword : single_subschemas) add(base::find_member(schema, keyword));
    for (const char* keyword : lists_of_subschemas) {
      const Json* list = base::find_member(schema, keyword);
      if (list != nullptr && list->is_array()) add_all(*list);
    }
    for (const char* keyword : maps_of_subschemas) {
      const Json* map = base::find_member(schema, keyword);
      if (map != nullptr && map->is_object()) add_all(*map);
    }
  }

  void add_all(const Json& schemas) {
    for (const Json& schema : schemas) add(&schema);
  }

  void add(const Json* schema) {
    if (schema != nullptr && schema->is_object()) pending_.push_back({schema, false, {}});
  }

  std::vector<Place> pending_;
  std::vector<ParamHeader> found_;
  std::set<std::string> names_;
};

// The value at the path; nullptr when it is absent or null.
const Json* value_at(const Json& arguments, const std::vector<std::string>& path) {
  const Json* value = &arguments;
  for (const std::string& name : path) {
    value = base::find_member(*value, name);
    if (value == nullptr) return nullptr;
  }
  return value->is_null() ? nullptr : value;
}

bool agrees(std::string_view received, const Json& argument) {
  const auto expected = header_text_of(argument);
  if (!expected) return false;
  if (received == *expected) return true;
  if (!argument.is_number()) return false;
  const auto number = base::parse_json(received);
  return number && !number->inexact && number->value.is_number() &&
         header_text_of(number->value) == expected;
}

}  // namespace

base::Result<std::vector<ParamHeader>> find_param_headers(const Json& input_schema) {
  return Finder().run(input_schema);
}

std::vector<std::pair<std::string, std::string>> param_header_fields(
    const std::vector<ParamHeader>& headers, const Json& arguments) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const ParamHeader& header : headers) {
    const Json* value = value_at(arguments, header.path);
    const auto text = value == nullptr ? std::nullopt : header_text_of(*value);
    if (!text) continue;
    fields.emplace_back(std::string(header::param_prefix) + header.name,
                        encode_header_value(*text));
  }
  return fields;
}

std::optional<std::string> param_header_mismatch(const std::vector<ParamHeader>& headers,
                                                 const Json& arguments, FieldLookup lookup,
                                                 const void* fields) {
  for (const ParamHeader& header : headers) {
    const std::string name = std::string(header::param_prefix) + header.name;
    const auto field = lookup(fields, name);
    const Json* value = value_at(arguments, header.path);
    if (!field && value == nullptr) continue;
    if (!field) {
      // What cannot be mirrored breaks the schema: the answer to that names the violation.
      if (!header_text_of(*value)) continue;
      return "The header " + name + " is missing.";
    }
    if (value == nullptr) return "The header " + name + " has no argument.";
    const auto received = decode_header_value(*field);
    if (!received) return "The header " + name + " is malformed.";
    if (!agrees(*received, *value)) return "The header " + name + " differs from its argument.";
  }
  return std::nullopt;
}

}  // namespace mcp
