#include "tools/schema/keyword.h"

#include <cmath>
#include <limits>
#include <unordered_map>

namespace tools::schema {
namespace {

constexpr Keyword keywords[] = {
    {"type", dialect::all, keyword::type},
    {"const", dialect::all, keyword::constant},
    {"enum", dialect::all, keyword::enumeration},
    {"minimum", dialect::all, keyword::bound},
    {"maximum", dialect::all, keyword::bound},
    {"exclusiveMinimum", dialect::all, keyword::bound},
    {"exclusiveMaximum", dialect::all, keyword::bound},
    {"multipleOf", dialect::all, keyword::multiple_of},
    {"minLength", dialect::all, keyword::length},
    {"maxLength", dialect::all, keyword::length},
    {"pattern", dialect::all, keyword::pattern},

    {"minItems", dialect::all, keyword::item_count},
    {"maxItems", dialect::all, keyword::item_count},
    {"uniqueItems", dialect::all, keyword::unique_items},
    {"prefixItems", dialect::draft2020_12, keyword::prefix_items},
    {"items", dialect::all, keyword::items},
    {"additionalItems", dialect::before_2020, keyword::additional_items},
    {"contains", dialect::all, keyword::contains},
    {"minContains", dialect::since_2019, keyword::contains_count},
    {"maxContains", dialect::since_2019, keyword::contains_count},
    {"unevaluatedItems", dialect::since_2019, keyword::unevaluated_items},

    {"minProperties", dialect::all, keyword::member_count},
    {"maxProperties", dialect::all, keyword::member_count},
    {"properties", dialect::all, keyword::named_members},
    {"required", dialect::all, keyword::named_members},
    {"dependentRequired", dialect::since_2019, keyword::named_members},
    {"dependentSchemas", dialect::since_2019, keyword::named_members},
    {"dependencies", dialect::all, keyword::named_members},
    {"patternProperties", dialect::all, keyword::pattern_properties},
    {"additionalProperties", dialect::all, keyword::member_schema},
    {"propertyNames", dialect::all, keyword::member_schema},
    {"unevaluatedProperties", dialect::since_2019, keyword::member_schema},

    {"$ref", dialect::all, keyword::ref},
    {"$dynamicRef", dialect::draft2020_12, keyword::dynamic_ref},
    {"$recursiveRef", dialect::draft2019_09, keyword::recursive_ref},
    {"allOf", dialect::all, keyword::branches},
    {"anyOf", dialect::all, keyword::branches},
    {"oneOf", dialect::all, keyword::branches},
    {"not", dialect::all, keyword::negation},
    {"if", dialect::all, keyword::condition},
};

}  // namespace

CompileKeyword find_keyword(std::string_view name, Dialect in) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Keyword*> by_name;
    for (const Keyword& entry : keywords) by_name.emplace(entry.name, &entry);
    return by_name;
  }();
  const auto found = table.find(name);
  if (found == table.end() || (found->second->dialects & in) == 0) return nullptr;
  return found->second->compile;
}

base::Result<std::size_t> read_count(const KeywordContext& context, const base::Json& value) {
  const base::Error wrong = context.error("expected an integer from 0 up");
  if (!value.is_number()) return wrong;
  const long double count = exact(value);
  if (!(count >= 0) || std::trunc(count) != count) return wrong;
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  return count >= static_cast<long double>(most) ? most : static_cast<std::size_t>(count);
}

}  // namespace tools::schema
