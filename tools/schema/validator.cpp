#include "tools/schema/validator.h"

#include <utility>

#include "tools/schema/words.h"

namespace tools::schema {
namespace {

using base::Json;

// Bounds the stack: instances of depth 64 leave ten nested checks for each level.
constexpr std::size_t max_depth = 640;

Types types_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return type::null;
    case Json::value_t::boolean:
      return type::boolean;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return type::integer | type::number;
    case Json::value_t::number_float:
      return is_integral(*value.get_ptr<const double*>()) ? type::integer | type::number
                                                          : type::number;
    case Json::value_t::string:
      return type::string;
    case Json::value_t::array:
      return type::array;
    case Json::value_t::object:
      return type::object;
    default:
      return 0;  // no JSON: valid under no schema
  }
}

std::string type_names(Types types) {
  constexpr std::pair<Types, std::string_view> names[] = {
      {type::string, "string"},   {type::number, "number"}, {type::integer, "integer"},
      {type::boolean, "boolean"}, {type::array, "array"},   {type::object, "object"},
      {type::null, "null"}};
  std::string text;
  for (const auto& [bit, name] : names) {
    if ((types & bit) == 0) continue;
    if (!text.empty()) text += " or ";
    text += name;
  }
  return text;
}

bool looks_at_unevaluated(const Node& node, const Json& instance) {
  if (instance.is_object()) return node.object != nullptr && node.object->unevaluated != nullptr;
  if (instance.is_array()) return node.array != nullptr && node.array->unevaluated != nullptr;
  return false;
}

}  // namespace

std::string Path::pointer() const {
  std::vector<const Path*> steps;
  for (const Path* step = this; step->parent != nullptr; step = step->parent) steps.push_back(step);
  std::string text;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step)
    base::append_pointer(text,
                         (*step)->name != nullptr ? *(*step)->name : std::to_string((*step)->item));
  return text;
}

bool Validator::run(const Node& root, const Json& instance) {
  const Scope outermost{root.resource, nullptr};
  scope_ = &outermost;
  const bool valid = check(root, instance, Path{}, nullptr);
  scope_ = nullptr;
  return valid && meter_;
}

bool Validator::check(const Node& node, const Json& instance, const Path& path,
                      Evaluated* evaluated) {
  if (program_ == nullptr) return check_node(node, instance, path, evaluated);
  const Node* const outer = std::exchange(node_, &node);
  const bool valid = check_node(node, instance, path, evaluated);
  node_ = outer;
  return valid;
}

bool Validator::check_node(const Node& node, const Json& instance, const Path& path,
                           Evaluated* evaluated) {
  if (!meter_.charge(1)) return false;
  if ((node.types & types_of(instance)) == 0) return check_type(node, instance, path);
  if (node.plain) return true;
  if (depth_ >= max_depth) return meter_.exhaust(Exhausted::depth), false;
  ++depth_;
  const bool valid = node.resource == scope_->resource
                         ? check_rules(node, instance, path, evaluated)
                         : check_in_scope(node, instance, path, evaluated);
  --depth_;
  return valid;
}

bool Validator::check_in_scope(const Node& node, const Json& instance, const Path& path,
                               Evaluated* evaluated) {
  const Scope inner{node.resource, scope_};
  scope_ = &inner;
  const bool valid = check_rules(node, instance, path, evaluated);
  scope_ = inner.outer;
  return valid;
}

bool Validator::check_rules(const Node& node, const Json& instance, const Path& path,
                            Evaluated* evaluated) {
  if (looks_at_unevaluated(node, instance))
    return check_with_unevaluated(node, instance, path, evaluated);
  return check_keywords(node, instance, path, evaluated);
}

bool Validator::check_keywords(const Node& node, const Json& instance, const Path& path,
                               Evaluated* evaluated) {
  bool valid = true;
  if (node.constant != nullptr) valid &= check_values(*node.constant, "const", instance, path);
  if (node.values != nullptr) valid &= check_values(*node.values, "enum", instance, path);
  if (instance.is_number()) {
    if (node.number != nullptr) valid &= check_number(*node.number, instance, path);
  } else if (instance.is_string()) {
    if (node.string != nullptr)
      valid &= check_string(*node.string, *instance.get_ptr<const std::string*>(), path);
  } else if (instance.is_array()) {
    if (node.array != nullptr) valid &= check_array(*node.array, instance, path, evaluated);
  } else if (instance.is_object()) {
    if (node.object != nullptr) valid &= check_object(*node.object, instance, path, evaluated);
  }
  if (!valid && done()) return false;
  if (node.in_place != nullptr) valid &= check_in_place(*node.in_place, instance, path, evaluated);
  return valid;
}

bool Validator::check_with_unevaluated(const Node& node, const Json& instance, const Path& path,
                                       Evaluated* evaluated) {
  if (!meter_.charge(Evaluated::steps(instance.size()))) return false;
  Evaluated own(instance.size());
  if (!check_keywords(node, instance, path, &own)) return false;
  // All that keywords left over is evaluated now: for outer schemas nothing remains.
  if (evaluated != nullptr) evaluated->mark_all();
  return instance.is_object()
             ? check_unevaluated_members(*node.object->unevaluated, instance, path, own)
             : check_unevaluated_items(*node.array->unevaluated, instance, path, own);
}

bool Validator::descend(const Node& node, const Json& value, const Path& path) {
  const std::size_t hops = std::exchange(hops_, 0);
  const bool valid = check(node, value, path, nullptr);
  hops_ = hops;
  return valid;
}

bool Validator::check_type(const Node& node, const Json& instance, const Path& path) {
  return fail(path, node.never() ? "false" : "type", [&] {
    return std::pair(node.never() ? "no value here" : type_names(node.types),
                     brief_with_type(instance));
  });
}

}  // namespace tools::schema
