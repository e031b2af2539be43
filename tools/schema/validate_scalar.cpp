#include <algorithm>
#include <utility>

#include "tools/schema/equality.h"
#include "tools/schema/validator.h"
#include "tools/schema/words.h"

namespace tools::schema {
namespace {

using base::Json;

bool contains_composite(const Values& values, const Json& instance, Meter& meter) {
  if (values.composites.empty()) return false;
  const std::size_t code = hash(instance, meter);
  auto at =
      std::lower_bound(values.composites.begin(), values.composites.end(), code,
                       [](const auto& entry, std::size_t sought) { return entry.first < sought; });
  for (; at != values.composites.end() && at->first == code && meter; ++at)
    if (equal(*at->second, instance, meter)) return true;
  return false;
}

bool contains(const Values& values, std::string_view text) {
  const auto at = std::lower_bound(values.strings.begin(), values.strings.end(), text, shortlex);
  return at != values.strings.end() && *at == text;
}

bool contains(const Values& values, const Json& instance, Meter& meter) {
  if (const auto* text = instance.get_ptr<const std::string*>()) return contains(values, *text);
  if (instance.is_number())
    return std::binary_search(values.numbers.begin(), values.numbers.end(), exact(instance));
  if (instance.is_structured()) return contains_composite(values, instance, meter);
  if (const auto* flag = instance.get_ptr<const bool*>()) return values.booleans[*flag];
  return values.null;
}

std::string alternatives(const Values& values) {
  std::string text = values.all.size() > 1 ? "one of " : "";
  for (std::size_t i = 0; i < values.all.size() && text.size() < expected_bytes; ++i) {
    const Json& value = values.all[i];
    if (i > 0) text += ", ";
    text += value.is_structured() ? shorten(base::dump_json(value), found_bytes) : brief(value);
  }
  return shorten(values.all.empty() ? "no value here" : text, expected_bytes);
}

// A double is printed to learn its decimal digits.
constexpr std::size_t steps_per_division = 6;

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

}  // namespace

bool Validator::check_values(const Values& values, std::string_view keyword, const Json& instance,
                             const Path& path) {
  if (contains(values, instance, meter_)) return true;
  return fail(path, keyword, [&] { return std::pair(alternatives(values), brief(instance)); });
}

bool Validator::check_number(const NumberRules& rules, const Json& instance, const Path& path) {
  const long double value = exact(instance);
  const auto refuse = [&](std::string_view keyword, std::string_view words,
                          const std::string& bound) {
    return fail(path, keyword,
                [&] { return std::pair(std::string(words) + bound, brief(instance)); });
  };
  bool valid = true;
  if (rules.minimum && !(value >= rules.minimum->value))
    valid = refuse("minimum", "at least ", rules.minimum->text);
  if (rules.maximum && !(value <= rules.maximum->value))
    valid = refuse("maximum", "at most ", rules.maximum->text);
  if (rules.exclusive_minimum && !(value > rules.exclusive_minimum->value))
    valid = refuse("exclusiveMinimum", "more than ", rules.exclusive_minimum->text);
  if (rules.exclusive_maximum && !(value < rules.exclusive_maximum->value))
    valid = refuse("exclusiveMaximum", "less than ", rules.exclusive_maximum->text);
  if (rules.multiple_of && instance.is_number_float() && !meter_.charge(steps_per_division))
    return false;
  if (rules.multiple_of && !is_multiple(to_decimal(instance), rules.multiple_of->first))
    valid = refuse("multipleOf", "a multiple of ", rules.multiple_of->second);
  return valid;
}

bool decided_by_text(const Node& node) {
  return node.in_place == nullptr && node.resource == nullptr;
}

bool Validator::check_text(const Node& node, const std::string& text) {
  if (!meter_.charge(1) || (node.types & type::string) == 0) return false;
  for (const Values* values : {node.constant.get(), node.values.get()})
    if (values != nullptr && !contains(*values, text)) return false;
  return node.string == nullptr || check_string(*node.string, text, Path{});
}

bool Validator::check_string(const StringRules& rules, const std::string& text, const Path& path) {
  bool valid = true;
  const auto refuse_length = [&](std::string_view keyword, std::string_view words,
                                 std::size_t bound, std::size_t length) {
    return fail(path, keyword, [&] {
      return std::pair(std::string(words) + counted(bound, "character"),
                       std::to_string(length) + ": " + shorten(in_quotes(text), found_bytes - 24));
    });
  };
  if (rules.min || rules.max) {
    if (!meter_.charge(text.size() / text_bytes_per_step)) return false;
    const std::size_t length = count_code_points(text);
    if (rules.min && length < *rules.min)
      valid = refuse_length("minLength", "at least ", *rules.min, length);
    if (rules.max && length > *rules.max)
      valid = refuse_length("maxLength", "at most ", *rules.max, length);
  }
  if (rules.pattern) {
    if (!meter_.charge(rules.pattern->steps(text.size()))) return false;
    if (!rules.pattern->matches(text)) {
      valid = fail(path, "pattern", [&] {
        return std::pair(
            "a string that matches " + shorten(rules.pattern->source(), expected_bytes),
            in_quotes(text));
      });
    }
  }
  if (rules.format != nullptr) {
    if (!meter_.charge(1 + text.size() / text_bytes_per_step)) return false;
    if (!rules.format->matches(text))
      valid = fail(path, "format",
                   [&] { return std::pair(std::string(rules.format->expected), in_quotes(text)); });
  }
  return valid;
}

}  // namespace tools::schema
