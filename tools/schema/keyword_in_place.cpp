#include <utility>

#include "tools/schema/keyword.h"
#include "tools/schema/uri.h"
#include "tools/schema/words.h"

namespace tools::schema::keyword {
namespace {

using base::Json;
using base::Result;
using base::Status;

InPlace& in_place(const KeywordContext& context) {
  return rules_of(context.node, context.node.in_place);
}

Result<Place*> resolve(const KeywordContext& context, const Json& value) {
  const auto* reference = value.get_ptr<const std::string*>();
  if (reference == nullptr) return context.error("expected a URI reference");
  return context.index.resolve(context.place, context.keyword, *reference);
}

// A dynamic reference is one only when it leads to a dynamic anchor to begin with (Core §8.2.3.2).
void set_dynamic(InPlace& rules, const Place& initial, const std::string& anchor) {
  if (initial.resource->dynamic_anchor(anchor) == initial.node) {
    rules.dynamic_ref = initial.node;
    rules.dynamic_anchor = anchor;
  } else {
    rules.static_ref = initial.node;
  }
}

}  // namespace

Status ref(const KeywordContext& context, const Json& value) {
  const auto target = resolve(context, value);
  if (!target) return target.error();
  in_place(context).ref = (*target)->node;
  return {};
}

Status dynamic_ref(const KeywordContext& context, const Json& value) {
  const auto target = resolve(context, value);
  if (!target) return target.error();
  const auto& reference = *value.get_ptr<const std::string*>();
  const std::string anchor = resolve_uri("", reference).fragment;
  set_dynamic(in_place(context), **target, anchor);
  return {};
}

Status recursive_ref(const KeywordContext& context, const Json& value) {
  if (value != "#") return context.error("expected \"#\"");
  const auto target = resolve(context, value);
  if (!target) return target.error();
  InPlace& rules = in_place(context);
  rules.dynamic_keyword = "$recursiveRef";
  set_dynamic(rules, **target, "");
  return {};
}

Status branches(const KeywordContext& context, const Json& value) {
  InPlace& rules = in_place(context);
  auto& list = context.keyword == "allOf"   ? rules.all_of
               : context.keyword == "anyOf" ? rules.any_of
                                            : rules.one_of;
  for (const Json& schema : value) list.push_back(context.child(schema));
  return {};
}

Status negation(const KeywordContext& context, const Json& value) {
  InPlace& rules = in_place(context);
  rules.negated = context.child(value);
  rules.negated_text = shorten(base::dump_json(value), expected_bytes);
  return {};
}

Status condition(const KeywordContext& context, const Json& value) {
  InPlace& rules = in_place(context);
  rules.condition = context.child(value);
  if (const Json* then = context.sibling("then")) rules.then = context.child(*then);
  if (const Json* otherwise = context.sibling("else")) rules.otherwise = context.child(*otherwise);
  return {};
}

}  // namespace tools::schema::keyword
