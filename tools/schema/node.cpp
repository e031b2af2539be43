#include "tools/schema/node.h"

#include <algorithm>

namespace tools::schema {

const Node* Resource::dynamic_anchor(std::string_view name) const {
  for (const auto& [anchor, node] : dynamic_anchors)
    if (anchor == name) return node;
  return nullptr;
}

bool shortlex(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::uint64_t ObjectRules::mark_of(std::string_view name) {
  if (name.empty()) return 1;
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return std::uint64_t{1} << ((name.size() + 7u * first + 13u * last) % 64);
}

const Property* ObjectRules::find(std::string_view name) const {
  if ((marks & mark_of(name)) == 0) return nullptr;
  constexpr std::size_t few = 8;
  if (names.size() <= few) {
    for (const Property& property : names)
      if (property.name == name) return &property;
    return nullptr;
  }
  const auto at =
      std::lower_bound(names.begin(), names.end(), name,
                       [](const Property& a, std::string_view b) { return shortlex(a.name, b); });
  return at != names.end() && at->name == name ? &*at : nullptr;
}

}  // namespace tools::schema
