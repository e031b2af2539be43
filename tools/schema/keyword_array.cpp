#include "tools/schema/keyword.h"

namespace tools::schema::keyword {

using base::Json;
using base::Status;

Status item_count(const KeywordContext& context, const Json& value) {
  const auto count = read_count(context, value);
  if (!count) return count.error();
  ArrayRules& rules = rules_of(context.node, context.node.array);
  (context.keyword == "minItems" ? rules.min : rules.max) = *count;
  return {};
}

Status unique_items(const KeywordContext& context, const Json& value) {
  if (!value.is_boolean()) return context.error("expected a boolean");
  if (value == true) rules_of(context.node, context.node.array).unique = true;
  return {};
}

Status prefix_items(const KeywordContext& context, const Json& value) {
  ArrayRules& rules = rules_of(context.node, context.node.array);
  for (const Json& item : value) rules.prefix.push_back(context.child(item));
  return {};
}

Status items(const KeywordContext& context, const Json& value) {
  // Only the drafts before 2020-12 get here with an array.
  if (value.is_array()) {
    rules_of(context.node, context.node.array).prefix_keyword = "items";
    return prefix_items(context, value);
  }
  rules_of(context.node, context.node.array).items = context.child(value);
  return {};
}

Status additional_items(const KeywordContext& context, const Json& value) {
  // Meaningless beside `items` that is a schema (2019-09 Core §9.3.1.2).
  const Json* items = context.sibling("items");
  if (items == nullptr || !items->is_array()) return {};
  ArrayRules& rules = rules_of(context.node, context.node.array);
  rules.items = context.child(value);
  rules.items_keyword = "additionalItems";
  return {};
}

Status contains(const KeywordContext& context, const Json& value) {
  ArrayRules& rules = rules_of(context.node, context.node.array);
  rules.contains = context.child(value);
  rules.contains_evaluates = (context.place.dialect & dialect::draft2020_12) != 0;
  return {};
}

Status contains_count(const KeywordContext& context, const Json& value) {
  const auto count = read_count(context, value);
  if (!count) return count.error();
  if (context.sibling("contains") == nullptr) return {};
  ArrayRules& rules = rules_of(context.node, context.node.array);
  if (context.keyword == "minContains") {
    rules.min_contains = *count;
  } else {
    rules.max_contains = *count;
  }
  return {};
}

Status unevaluated_items(const KeywordContext& context, const Json& value) {
  rules_of(context.node, context.node.array).unevaluated = context.child(value);
  return {};
}

}  // namespace tools::schema::keyword
