#include "tools/schema/keyword.h"

#include <cmath>
#include <limits>
#include <unordered_map>

namespace tools::schema {
namespace {

constexpr Keyword keywords[] = {
    {"type", dialect::all, dialect::validation, keyword::type},
    {"const", dialect::since_6, dialect::validation, keyword::constant},
    {"enum", dialect::all, dialect::validation, keyword::enumeration},
    {"minimum", dialect::all, dialect::validation, keyword::bound},
    {"maximum", dialect::all, dialect::validation, keyword::bound},
    {"exclusiveMinimum", dialect::all, dialect::validation, keyword::bound},
    {"exclusiveMaximum", dialect::all, dialect::validation, keyword::bound},
    {"multipleOf", dialect::all, dialect::validation, keyword::multiple_of},
    {"minLength", dialect::all, dialect::validation, keyword::length},
    {"maxLength", dialect::all, dialect::validation, keyword::length},
    {"pattern", dialect::all, dialect::validation, keyword::pattern},
    {"format", dialect::all, dialect::format_assertion, keyword::format},

    {"minItems", dialect::all, dialect::validation, keyword::item_count},
    {"maxItems", dialect::all, dialect::validation, keyword::item_count},
    {"uniqueItems", dialect::all, dialect::validation, keyword::unique_items},
    {"prefixItems", dialect::draft2020_12, dialect::applicator, keyword::prefix_items},
    {"items", dialect::all, dialect::applicator, keyword::items},
    {"additionalItems", dialect::before_2020, dialect::applicator, keyword::additional_items},
    {"contains", dialect::since_6, dialect::applicator, keyword::contains},
    {"minContains", dialect::since_2019, dialect::validation, keyword::contains_count},
    {"maxContains", dialect::since_2019, dialect::validation, keyword::contains_count},
    {"unevaluatedItems", dialect::since_2019, dialect::unevaluated, keyword::unevaluated_items},

    {"minProperties", dialect::all, dialect::validation, keyword::member_count},
    {"maxProperties", dialect::all, dialect::validation, keyword::member_count},
    {"properties", dialect::all, dialect::applicator, keyword::named_members},
    {"required", dialect::all, dialect::validation, keyword::named_members},
    {"dependentRequired", dialect::since_2019, dialect::validation, keyword::named_members},
    {"dependentSchemas", dialect::since_2019, dialect::applicator, keyword::named_members},
    {"dependencies", dialect::all, dialect::applicator, keyword::named_members},
    {"patternProperties", dialect::all, dialect::applicator, keyword::pattern_properties},
    {"additionalProperties", dialect::all, dialect::applicator, keyword::member_schema},
    {"propertyNames", dialect::since_6, dialect::applicator, keyword::member_schema},
    {"unevaluatedProperties", dialect::since_2019, dialect::unevaluated, keyword::member_schema},

    {"$ref", dialect::all, dialect::core, keyword::ref},
    {"$dynamicRef", dialect::draft2020_12, dialect::core, keyword::dynamic_ref},
    {"$recursiveRef", dialect::draft2019_09, dialect::core, keyword::recursive_ref},
    {"allOf", dialect::all, dialect::applicator, keyword::branches},
    {"anyOf", dialect::all, dialect::applicator, keyword::branches},
    {"oneOf", dialect::all, dialect::applicator, keyword::branches},
    {"not", dialect::all, dialect::applicator, keyword::negation},
    {"if", dialect::since_7, dialect::applicator, keyword::condition},
};

}  // namespace

CompileKeyword find_keyword(std::string_view name, Dialect in) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Keyword*> by_name;
    for (const Keyword& entry : keywords) by_name.emplace(entry.name, &entry);
    return by_name;
  }();
  const auto found = table.find(name);
  if (found == table.end()) return nullptr;
  const Keyword& keyword = *found->second;
  return (keyword.drafts & in) != 0 && (keyword.vocabulary & in) != 0 ? keyword.compile : nullptr;
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
