#include <optional>
#include <utility>

#include "tools/schema/closest.h"
#include "tools/schema/validator.h"
#include "tools/schema/words.h"

namespace tools::schema {

using base::Json;

bool Validator::check_in_place(const InPlace& rules, const Json& instance, const Path& path,
                               Evaluated* evaluated) {
  // A subschema on the same value costs more than one on the next: its branches multiply.
  if (!meter_.charge(2)) return false;
  bool valid = true;
  if (rules.ref != nullptr) valid &= follow("$ref", *rules.ref, instance, path, evaluated);
  if (!valid && done()) return false;
  if (rules.static_ref != nullptr)
    valid &= follow(rules.dynamic_keyword, *rules.static_ref, instance, path, evaluated);
  if (rules.dynamic_ref != nullptr)
    valid &= follow(rules.dynamic_keyword, dynamic_target(rules), instance, path, evaluated);
  for (std::size_t i = 0; i < rules.all_of.size(); ++i) {
    if (!valid && done()) return false;
    const Along along(*this, "allOf", i, path);
    valid &= check(*rules.all_of[i], instance, path, evaluated);
  }
  if (!valid && done()) return false;
  if (!rules.any_of.empty()) valid &= check_any_of(rules, instance, path, evaluated);
  if (!valid && done()) return false;
  if (!rules.one_of.empty()) valid &= check_one_of(rules, instance, path, evaluated);
  if (!valid && done()) return false;
  if (rules.negated != nullptr && attempt(*rules.negated, instance, path, nullptr, nullptr)) {
    valid = fail(path, "not", [&] {
      return std::pair("a value that is not " + rules.negated_text, brief(instance));
    });
  }
  if (!valid && done()) return false;
  if (rules.condition != nullptr) valid &= check_condition(rules, instance, path, evaluated);
  return valid;
}

bool Validator::follow(const char* keyword, const Node& target, const Json& instance,
                       const Path& path, Evaluated* evaluated) {
  const Along along(*this, keyword, path);
  if (hops_ >= limits_.ref_hops) return meter_.exhaust(Exhausted::hops), false;
  ++hops_;
  const bool valid = check(target, instance, path, evaluated);
  --hops_;
  return valid;
}

// Core §8.2.3.2: the outermost resource that has the anchor decides.
const Node& Validator::dynamic_target(const InPlace& rules) {
  const Node* target = rules.dynamic_ref;
  for (const Scope* scope = scope_; scope != nullptr && meter_.charge(1); scope = scope->outer) {
    if (scope->resource == nullptr) continue;
    if (const Node* node = scope->resource->dynamic_anchor(rules.dynamic_anchor)) target = node;
  }
  return *target;
}

bool Validator::attempt(const Node& node, const Json& instance, const Path& path,
                        Evaluated* evaluated, std::vector<Violation>* into) {
  std::vector<Violation>* const outer = std::exchange(violations_, into);
  bool valid = false;
  if (evaluated == nullptr) {
    valid = check(node, instance, path, nullptr);
  } else if (meter_.charge(Evaluated::steps(evaluated->size()))) {
    Evaluated own(evaluated->size());
    valid = check(node, instance, path, &own);
    if (valid) evaluated->merge(own);
  }
  violations_ = outer;
  return valid;
}

bool Validator::tell(Closest closest, std::string_view keyword, const Json& instance) {
  Location here;
  if (program_ != nullptr) here = locate(keyword);
  std::vector<Violation> told = std::move(closest).explain(std::string(keyword), brief(instance));
  told.front().location = std::move(here);
  for (Violation& violation : told)
    if (!full()) violations_->push_back(std::move(violation));
  return false;
}

bool Validator::check_any_of(const InPlace& rules, const Json& instance, const Path& path,
                             Evaluated* evaluated) {
  std::optional<Closest> closest;
  if (violations_ != nullptr) closest.emplace(path.pointer(), program_ != nullptr);
  bool valid = false;
  for (std::size_t i = 0; i < rules.any_of.size(); ++i) {
    std::vector<Violation> found;
    const Along along(*this, "anyOf", i, path);
    if (attempt(*rules.any_of[i], instance, path, evaluated, closest ? &found : nullptr)) {
      valid = true;
      if (evaluated == nullptr) return true;
    }
    if (!meter_) return false;
    if (closest && !valid) closest->add(std::move(found));
  }
  if (valid || !closest) return valid;
  return tell(std::move(*closest), "anyOf", instance);
}

bool Validator::check_one_of(const InPlace& rules, const Json& instance, const Path& path,
                             Evaluated* evaluated) {
  std::optional<Closest> closest;
  if (violations_ != nullptr) closest.emplace(path.pointer(), program_ != nullptr);
  std::size_t matched = 0;  // counted from 1
  for (std::size_t i = 0; i < rules.one_of.size(); ++i) {
    std::vector<Violation> found;
    const Along along(*this, "oneOf", i, path);
    if (attempt(*rules.one_of[i], instance, path, evaluated, closest ? &found : nullptr)) {
      if (matched != 0) {
        return fail(path, "oneOf", [&] {
          return std::pair(
              "exactly one of " + std::to_string(rules.one_of.size()) + " alternatives",
              "both number " + std::to_string(matched) + " and number " + std::to_string(i + 1));
        });
      }
      matched = i + 1;
    }
    if (!meter_) return false;
    if (closest && matched == 0) closest->add(std::move(found));
  }
  if (matched != 0 || !closest) return matched != 0;
  return tell(std::move(*closest), "oneOf", instance);
}

bool Validator::check_condition(const InPlace& rules, const Json& instance, const Path& path,
                                Evaluated* evaluated) {
  const bool holds = attempt(*rules.condition, instance, path, evaluated, nullptr);
  if (!meter_) return false;
  const Node* then = holds ? rules.then : rules.otherwise;
  const Along along(*this, holds ? "then" : "else", path);
  return then == nullptr || check(*then, instance, path, evaluated);
}

}  // namespace tools::schema
