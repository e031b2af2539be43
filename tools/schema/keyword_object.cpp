#include <algorithm>
#include <utility>

#include "tools/schema/keyword.h"

namespace tools::schema::keyword {
namespace {

using base::Json;
using base::Status;

bool is_list_of_names(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& name) { return name.is_string(); });
}

// Collects the names that any keyword of one subschema mentions, so that one lookup per member of
// an instance serves them all.
class Names {
 public:
  explicit Names(const KeywordContext& context) : context_(context) {
    for (const std::string_view keyword :
         {"properties", "required", "dependentRequired", "dependentSchemas", "dependencies"})
      if (find_keyword(keyword, context.place.dialect) != nullptr) mention(keyword);
    std::sort(names_.begin(), names_.end(), shortlex);
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  }

  std::size_t position(std::string_view name) const {
    const auto at = std::lower_bound(names_.begin(), names_.end(), name, shortlex);
    return static_cast<std::size_t>(at - names_.begin());
  }

  std::vector<Property> table() const {
    const Json* properties = context_.sibling("properties");
    std::vector<Property> table(names_.size());
    for (std::size_t i = 0; i < names_.size(); ++i) table[i].name = names_[i];
    if (properties == nullptr) return table;
    for (const auto& [name, schema] : *properties->get_ptr<const Json::object_t*>())
      table[position(name)].schema = context_.child(schema);
    return table;
  }

 private:
  void mention(std::string_view keyword) {
    const Json* value = context_.sibling(keyword);
    if (value == nullptr) return;
    mention_all(*value);
    const auto* members = value->get_ptr<const Json::object_t*>();
    if (members == nullptr) return;
    for (const auto& [name, names] : *members) {
      names_.push_back(name);
      mention_all(names);
    }
  }

  void mention_all(const Json& names) {
    if (!is_list_of_names(names)) return;
    for (const Json& name : names) names_.push_back(*name.get_ptr<const std::string*>());
  }

  const KeywordContext& context_;
  std::vector<std::string_view> names_;  // in the document; in shortlex order
};

Status add_required(const KeywordContext& context, const Names& names, ObjectRules& rules) {
  const Json* required = context.sibling("required");
  if (required == nullptr) return {};
  if (!is_list_of_names(*required))
    return context.place.error_at("required", "expected a list of property names");
  for (const Json& name : *required)
    rules.required.push_back(names.position(*name.get_ptr<const std::string*>()));
  return {};
}

Status add_dependents(const KeywordContext& context, const char* spelled, const Names& names,
                      ObjectRules& rules) {
  const std::string_view keyword = spelled;
  const Json* value = context.sibling(keyword);
  if (value == nullptr || find_keyword(keyword, context.place.dialect) == nullptr) return {};
  const auto* members = value->get_ptr<const Json::object_t*>();
  if (members == nullptr) return context.place.error_at(keyword, "expected an object");
  for (const auto& [trigger, needs] : *members) {
    Dependents dependents{spelled, names.position(trigger), {}, nullptr};
    const bool lists = keyword == "dependentRequired" || needs.is_array();
    if (keyword != "dependentSchemas" && lists) {
      if (!is_list_of_names(needs))
        return context.place.error_at(keyword, "expected lists of property names");
      for (const Json& name : needs)
        dependents.required.push_back(names.position(*name.get_ptr<const std::string*>()));
    } else {
      dependents.schema = context.child(needs);
    }
    rules.dependents.push_back(std::move(dependents));
  }
  return {};
}

}  // namespace

Status member_count(const KeywordContext& context, const Json& value) {
  const auto count = read_count(context, value);
  if (!count) return count.error();
  ObjectRules& rules = rules_of(context.node, context.node.object);
  (context.keyword == "minProperties" ? rules.min : rules.max) = *count;
  return {};
}

// All keywords that name members share one table: the first of them to be met builds it whole.
Status named_members(const KeywordContext& context, const Json&) {
  ObjectRules& rules = rules_of(context.node, context.node.object);
  if (!rules.names.empty()) return {};
  const Names names(context);
  rules.names = names.table();
  for (const Property& property : rules.names) rules.marks |= ObjectRules::mark_of(property.name);
  if (auto done = add_required(context, names, rules); !done) return done;
  for (const char* const keyword : {"dependentRequired", "dependentSchemas", "dependencies"})
    if (auto done = add_dependents(context, keyword, names, rules); !done) return done;
  return {};
}

Status pattern_properties(const KeywordContext& context, const Json& value) {
  ObjectRules& rules = rules_of(context.node, context.node.object);
  for (const auto& [source, schema] : *value.get_ptr<const Json::object_t*>()) {
    auto pattern = context.patterns.compile(source);
    if (!pattern)
      return context.error("the pattern " + pattern.error().message, pattern.error().code);
    rules.patterns.emplace_back(*std::move(pattern), context.child(schema));
  }
  return {};
}

Status member_schema(const KeywordContext& context, const Json& value) {
  ObjectRules& rules = rules_of(context.node, context.node.object);
  const Node* schema = context.child(value);
  if (context.keyword == "additionalProperties") {
    rules.additional = schema;
  } else if (context.keyword == "propertyNames") {
    rules.property_names = schema;
  } else {
    rules.unevaluated = schema;
  }
  return {};
}

}  // namespace tools::schema::keyword
