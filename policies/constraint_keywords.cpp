#include "policies/constraint_keywords.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "tools/schema/format.h"

namespace policies {
namespace {

using base::YamlNode;

/// What stands under a keyword.
enum class Holds { data, note, schema, schemas, named_schemas };

struct Keyword {
  std::string_view name;
  Holds holds;
  std::string_view needs = {};  ///< the keyword without which it has no effect
};

constexpr Keyword keywords[] = {
    {"type", Holds::data},
    {"const", Holds::data},
    {"enum", Holds::data},
    {"minimum", Holds::data},
    {"maximum", Holds::data},
    {"exclusiveMinimum", Holds::data},
    {"exclusiveMaximum", Holds::data},
    {"multipleOf", Holds::data},
    {"minLength", Holds::data},
    {"maxLength", Holds::data},
    {"pattern", Holds::data},
    {"format", Holds::data},
    {"minItems", Holds::data},
    {"maxItems", Holds::data},
    {"uniqueItems", Holds::data},
    {"minContains", Holds::data, "contains"},
    {"maxContains", Holds::data, "contains"},
    {"minProperties", Holds::data},
    {"maxProperties", Holds::data},
    {"required", Holds::data},
    {"dependentRequired", Holds::data},
    {"$ref", Holds::data},
    {"prefixItems", Holds::schemas},
    {"items", Holds::schema},
    {"contains", Holds::schema},
    {"unevaluatedItems", Holds::schema},
    {"properties", Holds::named_schemas},
    {"patternProperties", Holds::named_schemas},
    {"additionalProperties", Holds::schema},
    {"propertyNames", Holds::schema},
    {"unevaluatedProperties", Holds::schema},
    {"dependentSchemas", Holds::named_schemas},
    {"allOf", Holds::schemas},
    {"anyOf", Holds::schemas},
    {"oneOf", Holds::schemas},
    {"not", Holds::schema},
    {"if", Holds::schema},
    {"then", Holds::schema, "if"},
    {"else", Holds::schema, "if"},
    {"$defs", Holds::named_schemas},
    {"title", Holds::note},
    {"description", Holds::note},
    {"$comment", Holds::note},
};

const Keyword* find_keyword(std::string_view name) {
  const auto found = std::find_if(std::begin(keywords), std::end(keywords),
                                  [&](const Keyword& known) { return known.name == name; });
  return found == std::end(keywords) ? nullptr : found;
}

[[noreturn]] void fail_unknown(const YamlNode& key) {
  std::vector<std::string> names;
  for (const Keyword& known : keywords) names.emplace_back(known.name);
  const std::string nearest = base::nearest_name(key.text(), names);
  key.fail("'" + key.text() + "' is no keyword of JSON Schema that constrains" +
           (nearest.empty()
                ? "; arguments are described as in {required: [amount], properties: {amount: "
                  "{type: number, maximum: 100}}}"
                : "; did you mean '" + nearest + "'?"));
}

void check_format(const YamlNode& value) {
  if (!value.is_scalar() || tools::schema::find_format(value.text()) != nullptr) return;
  value.fail("the format '" + value.text() + "' is not known, so that it would constrain nothing");
}

// A wrong kind of value is left to the compiler, which names what it expects.
void check_schema(const YamlNode& node) {
  if (!node.is_map()) return;
  const auto entries = node.entries();
  for (const auto& [key, value] : entries) {
    const Keyword* keyword = find_keyword(key.text());
    if (keyword == nullptr) fail_unknown(key);
    const auto is_needed = [&](const auto& entry) { return entry.first.text() == keyword->needs; };
    if (!keyword->needs.empty() && std::none_of(entries.begin(), entries.end(), is_needed)) {
      key.fail("'" + key.text() + "' has no effect without '" + std::string(keyword->needs) + "'");
    }
    if (key.text() == "format") check_format(value);
    if (keyword->holds == Holds::schema) check_schema(value);
    if (keyword->holds == Holds::schemas && value.is_list()) {
      for (const YamlNode& item : value.items()) check_schema(item);
    }
    if (keyword->holds == Holds::named_schemas && value.is_map()) {
      for (const auto& entry : value.entries()) check_schema(entry.second);
    }
  }
}

}  // namespace

void check_keywords(const YamlNode& node) {
  if (!node.is_map()) node.fail("expected a JSON Schema: a map, such as {required: [path]}");
  check_schema(node);
  const auto entries = node.entries();
  const auto constrains = [](const auto& entry) {
    const Keyword* keyword = find_keyword(entry.first.text());
    return keyword->holds != Holds::note && keyword->name != "$defs";
  };
  if (std::none_of(entries.begin(), entries.end(), constrains)) {
    node.fail("this constrains nothing: write the pattern alone");
  }
}

}  // namespace policies
