#include <utility>

#include "tools/schema/validator.h"
#include "tools/schema/words.h"

namespace tools::schema {

using base::Json;

/// Which of ObjectRules::names an instance has.
class Presence final : public SmallBits {
 public:
  using SmallBits::SmallBits;
};

namespace {

std::string allowed_names(const ObjectRules& rules, std::string_view untold) {
  std::string text;
  for (const Property& property : rules.names) {
    if (property.schema == nullptr || text.size() >= expected_bytes) continue;
    if (!untold.empty() && property.name == untold) continue;
    text += text.empty() ? "only properties named " : ", ";
    text += in_quotes(property.name);
  }
  for (const auto& [pattern, schema] : rules.patterns) {
    if (text.size() >= expected_bytes) break;
    text += text.empty() ? "only properties named like " : " or like ";
    text += pattern.source();
  }
  return shorten(text.empty() ? "no properties" : text, expected_bytes);
}

}  // namespace

bool Validator::check_object(const ObjectRules& rules, const Json& instance, const Path& path,
                             Evaluated* evaluated) {
  const auto& members = *instance.get_ptr<const Json::object_t*>();
  bool valid = true;
  const auto refuse_count = [&](std::string_view keyword, std::string_view words,
                                std::size_t bound) {
    return fail(path, keyword, [&] {
      return std::pair(
          std::string(words) + std::to_string(bound) + (bound == 1 ? " property" : " properties"),
          brief(instance));
    });
  };
  if (rules.min && members.size() < *rules.min)
    valid = refuse_count("minProperties", "at least ", *rules.min);
  if (rules.max && members.size() > *rules.max)
    valid = refuse_count("maxProperties", "at most ", *rules.max);
  if (!valid && done()) return false;
  Presence present(rules.names.size());
  valid &= check_members(rules, members, path, evaluated, present);
  if (!valid && done()) return false;
  return check_present(rules, instance, path, evaluated, present) && valid;
}

bool Validator::check_members(const ObjectRules& rules, const Json::object_t& members,
                              const Path& path, Evaluated* evaluated, Presence& present) {
  // The members are walked and looked up in the schema's table: the instance has no index.
  bool valid = true;
  std::size_t position = 0;
  for (const auto& member : members) {
    const Property* property = rules.find(member.first);
    if (property != nullptr) present.set(static_cast<std::size_t>(property - rules.names.data()));
    bool known = false;
    valid &= check_member(rules, property, member, path, known);
    if (!valid && done()) return false;
    if (known && evaluated != nullptr) evaluated->mark(position);
    ++position;
  }
  return valid;
}

bool Validator::check_member(const ObjectRules& rules, const Property* property,
                             const Json::object_t::value_type& member, const Path& path,
                             bool& known) {
  const auto& [name, value] = member;
  const Path at{&path, &name, 0};
  bool valid = true;
  if (property != nullptr && property->schema != nullptr) {
    known = true;
    const Along along(*this, "properties", name, path);
    valid = descend(*property->schema, value, at);
  }
  for (const auto& [pattern, schema] : rules.patterns) {
    if (!meter_.charge(pattern.steps(name.size()))) return false;
    if (!pattern.matches(name)) continue;
    known = true;
    const Along along(*this, "patternProperties", pattern.source(), path);
    valid &= descend(*schema, value, at);
    if (!valid && done()) return false;
  }
  if (!known) {
    known = rules.additional != nullptr;
    if (!meter_.charge(1)) return false;
    if (known) valid &= check_additional(rules, member, path);
  }
  if (rules.property_names != nullptr && (valid || !done()))
    valid &= check_name(*rules.property_names, name, path);
  return valid;
}

bool Validator::check_additional(const ObjectRules& rules, const Json::object_t::value_type& member,
                                 const Path& path) {
  if (!rules.additional->never()) {
    const Along along(*this, "additionalProperties", path);
    return descend(*rules.additional, member.second, Path{&path, &member.first, 0});
  }
  return fail(path, "additionalProperties", [&] {
    return std::pair(allowed_names(rules, limits_.untold), "property " + in_quotes(member.first));
  });
}

bool Validator::check_name(const Node& schema, const std::string& name, const Path& path) {
  if (violations_ == nullptr && decided_by_text(schema)) return check_text(schema, name);
  const Along along(*this, "propertyNames", path);
  if (program_ != nullptr) return descend(schema, Json(name), path);
  std::vector<Violation> found;
  std::vector<Violation>* const outer = violations_;
  violations_ = outer == nullptr ? nullptr : &found;
  const bool valid = descend(schema, Json(name), Path{&path, &name, 0});
  violations_ = outer;
  if (valid || violations_ == nullptr) return valid;
  return fail(path, "propertyNames", [&] {
    const bool none = schema.never() || found.empty();
    return std::pair(none ? "no such property" : "a property name: " + found.front().expected,
                     in_quotes(name));
  });
}

bool Validator::check_present(const ObjectRules& rules, const Json& instance, const Path& path,
                              Evaluated* evaluated, const Presence& present) {
  bool valid = true;
  const auto require = [&](std::size_t name, const char* keyword, const std::string& why) {
    if (present.has(name)) return true;
    return fail(path, keyword, [&] {
      return std::pair("property " + in_quotes(rules.names[name].name) + why,
                       std::string("missing"));
    });
  };
  for (const std::size_t name : rules.required) {
    valid &= require(name, "required", {});
    if (!valid && done()) return false;
  }
  for (const Dependents& dependents : rules.dependents) {
    if (!present.has(dependents.trigger)) continue;
    if (!meter_.charge(1 + dependents.required.size())) return false;
    const std::string& trigger = rules.names[dependents.trigger].name;
    for (const std::size_t name : dependents.required) {
      if (present.has(name)) continue;
      valid = require(name, dependents.keyword, " beside " + in_quotes(trigger));
    }
    if (dependents.schema != nullptr) {
      const Along along(*this, dependents.keyword, trigger, path);
      valid &= check(*dependents.schema, instance, path, evaluated);
    }
    if (!valid && done()) return false;
  }
  return valid;
}

bool Validator::check_unevaluated_members(const Node& schema, const Json& instance,
                                          const Path& path, const Evaluated& evaluated) {
  bool valid = true;
  std::size_t position = 0;
  for (const auto& [name, value] : *instance.get_ptr<const Json::object_t*>()) {
    if (evaluated.has(position++)) continue;
    if (schema.never()) {
      valid = fail(path, "unevaluatedProperties", [&, &member = name] {
        return std::pair(std::string("no properties but those that the schema describes"),
                         "property " + in_quotes(member));
      });
    } else {
      const Along along(*this, "unevaluatedProperties", path);
      valid &= descend(schema, value, Path{&path, &name, 0});
    }
    if (!valid && done()) return false;
  }
  return valid;
}

}  // namespace tools::schema
