#include <algorithm>
#include <utility>

#include "tools/schema/equality.h"
#include "tools/schema/keyword.h"

namespace tools::schema::keyword {
namespace {

using base::Code;
using base::Json;
using base::Result;
using base::Status;

constexpr std::pair<std::string_view, Types> types[] = {
    {"null", type::null},     {"boolean", type::boolean}, {"integer", type::integer},
    {"number", type::number}, {"string", type::string},   {"array", type::array},
    {"object", type::object},
};

Types find_type(const Json& name) {
  const auto* text = name.get_ptr<const std::string*>();
  if (text == nullptr) return 0;
  for (const auto& [known, bits] : types)
    if (*text == known) return bits;
  return 0;
}

// Hashing what a schema lists needs no bound on steps: the document is bounded. Its depth is
// checked.
constexpr std::size_t ample_steps = 1 << 30;

Result<std::unique_ptr<Values>> arrange(const KeywordContext& context, std::vector<Json> all) {
  auto values = std::make_unique<Values>();
  values->all = std::move(all);
  Meter meter(ample_steps);
  for (const Json& value : values->all) {
    if (const auto* text = value.get_ptr<const std::string*>()) {
      values->strings.push_back(*text);
    } else if (value.is_number()) {
      values->numbers.push_back(exact(value));
    } else if (value.is_structured()) {
      values->composites.emplace_back(hash(value, meter), &value);
    } else if (const auto* flag = value.get_ptr<const bool*>()) {
      values->booleans[*flag] = true;
    } else {
      values->null = true;
    }
  }
  if (!meter) return context.error("holds a value that is nested too deeply", Code::limit);
  std::sort(values->strings.begin(), values->strings.end(), shortlex);
  std::sort(values->numbers.begin(), values->numbers.end());
  std::sort(values->composites.begin(), values->composites.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return values;
}

// Draft 4 §5.1.1: a boolean beside a bound says whether the bound itself is excluded.
std::string_view meaning_of_bound(const KeywordContext& context) {
  if ((context.place.dialect & dialect::draft4) == 0) return context.keyword;
  const std::string_view exclusive =
      context.keyword == "minimum" ? "exclusiveMinimum" : "exclusiveMaximum";
  const Json* flag = context.sibling(exclusive);
  return flag != nullptr && *flag == true ? exclusive : std::string_view(context.keyword);
}

Status set_values(const KeywordContext& context, std::vector<Json> all,
                  std::unique_ptr<Values>& into) {
  auto values = arrange(context, std::move(all));
  if (!values) return values.error();
  context.node.plain = false;
  into = *std::move(values);
  return {};
}

}  // namespace

Status type(const KeywordContext& context, const Json& value) {
  const auto* list = value.get_ptr<const Json::array_t*>();
  Types bits = list == nullptr ? find_type(value) : Types{0};
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const Types one = find_type((*list)[i]);
    if (one == 0) return context.error("expected a list of type names");
    bits = static_cast<Types>(bits | one);
  }
  if (bits == 0) return context.error("expected the name of a type, or a list of such");
  context.node.types = bits;
  return {};
}

Status constant(const KeywordContext& context, const Json& value) {
  return set_values(context, {value}, context.node.constant);
}

Status enumeration(const KeywordContext& context, const Json& value) {
  const auto* list = value.get_ptr<const Json::array_t*>();
  if (list == nullptr) return context.error("expected a list of values");
  return set_values(context, *list, context.node.values);
}

Status bound(const KeywordContext& context, const Json& value) {
  if ((context.place.dialect & dialect::draft4) != 0 && context.keyword.starts_with("exclusive"))
    return value.is_boolean() ? Status() : context.error("expected a boolean");
  if (!value.is_number()) return context.error("expected a number");
  const std::string_view name = meaning_of_bound(context);
  NumberRules& rules = rules_of(context.node, context.node.number);
  const std::pair<std::string_view, std::optional<Bound>&> bounds[] = {
      {"minimum", rules.minimum},
      {"maximum", rules.maximum},
      {"exclusiveMinimum", rules.exclusive_minimum},
      {"exclusiveMaximum", rules.exclusive_maximum}};
  for (const auto& [known, rule] : bounds)
    if (known == name) rule = Bound{exact(value), base::dump_json(value)};
  return {};
}

Status multiple_of(const KeywordContext& context, const Json& value) {
  if (!value.is_number() || !(exact(value) > 0)) return context.error("expected a number above 0");
  rules_of(context.node, context.node.number).multiple_of =
      std::pair(to_decimal(value), base::dump_json(value));
  return {};
}

Status length(const KeywordContext& context, const Json& value) {
  const auto count = read_count(context, value);
  if (!count) return count.error();
  StringRules& rules = rules_of(context.node, context.node.string);
  (context.keyword == "minLength" ? rules.min : rules.max) = *count;
  return {};
}

Status pattern(const KeywordContext& context, const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return context.error("expected a regular expression");
  auto pattern = context.patterns.compile(*text);
  if (!pattern)
    return context.error("the pattern " + pattern.error().message, pattern.error().code);
  rules_of(context.node, context.node.string).pattern = *std::move(pattern);
  return {};
}

Status format(const KeywordContext& context, const Json& value) {
  const auto* name = value.get_ptr<const std::string*>();
  if (name == nullptr) return context.error("expected the name of a format");
  const Format* format =
      find_format(*name);  // what is not known is an annotation (Validation §7.2.1)
  if (format != nullptr) rules_of(context.node, context.node.string).format = format;
  return {};
}

}  // namespace tools::schema::keyword
