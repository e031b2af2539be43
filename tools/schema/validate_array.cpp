#include <utility>

#include "tools/schema/equality.h"
#include "tools/schema/validator.h"
#include "tools/schema/words.h"

namespace tools::schema {

using base::Json;

bool Validator::check_array(const ArrayRules& rules, const Json& instance, const Path& path,
                            Evaluated* evaluated) {
  const auto& items = *instance.get_ptr<const Json::array_t*>();
  bool valid = true;
  const auto refuse_count = [&](std::string_view keyword, std::string_view words,
                                std::size_t bound) {
    return fail(path, keyword, [&] {
      return std::pair(std::string(words) + counted(bound, "item"), brief(instance));
    });
  };
  if (rules.min && items.size() < *rules.min)
    valid = refuse_count("minItems", "at least ", *rules.min);
  if (rules.max && items.size() > *rules.max)
    valid = refuse_count("maxItems", "at most ", *rules.max);
  if (!valid && done()) return false;
  valid &= check_items(rules, items, path, evaluated);
  if (!valid && done()) return false;
  if (rules.contains != nullptr) valid &= check_contains(rules, items, path, evaluated);
  if (!valid && done()) return false;
  if (rules.unique) {
    if (const auto twins = find_equal_items(instance, meter_)) {
      valid = fail(path, "uniqueItems", [&] {
        return std::pair(std::string("items that all differ"),
                         "equal items at " + std::to_string(twins->first) + " and " +
                             std::to_string(twins->second));
      });
    }
  }
  return valid;
}

bool Validator::check_items(const ArrayRules& rules, const Json::array_t& items, const Path& path,
                            Evaluated* evaluated) {
  bool valid = true;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool in_prefix = i < rules.prefix.size();
    const Node* schema = in_prefix ? rules.prefix[i] : rules.items;
    if (schema == nullptr) break;
    if (!in_prefix && schema->never()) {
      return fail(path, rules.items_keyword, [&] {
        return std::pair("at most " + counted(rules.prefix.size(), "item"),
                         counted(items.size(), "item"));
      });
    }
    const std::optional<std::size_t> index = in_prefix ? std::optional(i) : std::nullopt;
    const Along along(
        *this,
        Trail{nullptr, in_prefix ? rules.prefix_keyword : rules.items_keyword, {}, index, &path});
    valid &= descend(*schema, items[i], Path{&path, nullptr, i});
    if (!valid && done()) return false;
    if (evaluated != nullptr) evaluated->mark(i);
  }
  return valid;
}

bool Validator::check_contains(const ArrayRules& rules, const Json::array_t& items,
                               const Path& path, Evaluated* evaluated) {
  const bool marks = evaluated != nullptr && rules.contains_evaluates;
  const bool needs_all = marks || rules.max_contains.has_value();
  std::size_t count = 0;
  std::vector<Violation>* const reporting = std::exchange(violations_, nullptr);
  for (std::size_t i = 0; i < items.size() && meter_; ++i) {
    if (!needs_all && count >= rules.min_contains) break;
    if (!descend(*rules.contains, items[i], Path{&path, nullptr, i})) continue;
    ++count;
    if (marks) evaluated->mark(i);
  }
  violations_ = reporting;
  if (!meter_) return false;
  const auto refuse = [&](std::string_view keyword, std::string_view words, std::size_t bound) {
    return fail(path, keyword, [&] {
      return std::pair(std::string(words) + counted(bound, "item") + " as `contains` describes",
                       std::to_string(count) + " of " + std::to_string(items.size()));
    });
  };
  if (count < rules.min_contains)
    return refuse(rules.min_contains == 1 ? "contains" : "minContains", "at least ",
                  rules.min_contains);
  if (rules.max_contains && count > *rules.max_contains)
    return refuse("maxContains", "at most ", *rules.max_contains);
  return true;
}

bool Validator::check_unevaluated_items(const Node& schema, const Json& instance, const Path& path,
                                        const Evaluated& evaluated) {
  const auto& items = *instance.get_ptr<const Json::array_t*>();
  bool valid = true;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (evaluated.has(i)) continue;
    const Path at{&path, nullptr, i};
    if (schema.never()) {
      valid = fail(at, "unevaluatedItems",
                   [&] { return std::pair(std::string("no item here"), brief(items[i])); });
    } else {
      const Along along(*this, "unevaluatedItems", path);
      valid &= descend(schema, items[i], at);
    }
    if (!valid && done()) return false;
  }
  return valid;
}

}  // namespace tools::schema
