#include "tools/schema/equality.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "tools/schema/number.h"

namespace tools::schema {
namespace {

using base::Json;
using Indices = std::pair<std::size_t, std::size_t>;

// Above what any parsed document has; guards the stack against values that no parser bounded.
constexpr std::size_t max_depth = 128;
// Below this many items comparing all pairs is cheaper than a table.
constexpr std::size_t few_items = 12;
constexpr std::size_t max_items = std::size_t{1} << 31;

std::size_t mix(std::size_t a, std::size_t b) {
  return std::rotl(a * 0x9e3779b97f4a7c15u, 29) ^ (b * 0xc2b2ae3d27d4eb4fu);
}

bool enter(std::size_t depth, Meter& meter) {
  if (depth > max_depth) meter.exhaust(Exhausted::depth);
  return meter.charge(1);
}

bool charge_text(std::string_view text, Meter& meter) {
  return meter.charge(text.size() / text_bytes_per_step);
}

using Members = std::vector<const Json::object_t::value_type*>;

Members sorted_members(const Json::object_t& object) {
  Members members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return members;
}

bool equal_objects(const Json::object_t& a, const Json::object_t& b, Meter& meter,
                   std::size_t depth) {
  if (a.size() != b.size() || !meter.charge(a.size())) return false;
  const Members left = sorted_members(a);
  const Members right = sorted_members(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i]->first != right[i]->first) return false;
    if (!equal(left[i]->second, right[i]->second, meter, depth + 1)) return false;
  }
  return true;
}

bool equal_arrays(const Json::array_t& a, const Json::array_t& b, Meter& meter, std::size_t depth) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!equal(a[i], b[i], meter, depth + 1)) return false;
  return true;
}

std::size_t hash_composite(const Json& value, Meter& meter, std::size_t depth) {
  std::size_t result = mix(value.size(), value.is_array() ? 3 : 5);
  if (const auto* array = value.get_ptr<const Json::array_t*>()) {
    for (const Json& item : *array) {
      if (!meter) break;
      result = mix(result, hash(item, meter, depth + 1));
    }
    return result;
  }
  // A sum does not depend on the order of the members.
  for (const auto& [name, member] : *value.get_ptr<const Json::object_t*>()) {
    if (!meter || !charge_text(name, meter)) break;
    result += mix(std::hash<std::string_view>{}(name), hash(member, meter, depth + 1));
  }
  return result;
}

std::optional<Indices> find_equal_pair(const Json::array_t& items, Meter& meter) {
  for (std::size_t b = 1; b < items.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a)
      if (equal(items[a], items[b], meter)) return Indices{a, b};
  }
  return std::nullopt;
}

}  // namespace

bool equal(const Json& a, const Json& b, Meter& meter, std::size_t depth) {
  if (!enter(depth, meter)) return false;
  if (a.is_number() && b.is_number()) return exact(a) == exact(b);
  if (a.type() != b.type()) return false;
  if (const auto* text = a.get_ptr<const std::string*>())
    return charge_text(*text, meter) && *text == *b.get_ptr<const std::string*>();
  if (const auto* array = a.get_ptr<const Json::array_t*>())
    return equal_arrays(*array, *b.get_ptr<const Json::array_t*>(), meter, depth);
  if (const auto* object = a.get_ptr<const Json::object_t*>())
    return equal_objects(*object, *b.get_ptr<const Json::object_t*>(), meter, depth);
  if (const auto* flag = a.get_ptr<const bool*>()) return *flag == *b.get_ptr<const bool*>();
  return a.is_null();
}

std::size_t hash(const Json& value, Meter& meter, std::size_t depth) {
  if (!enter(depth, meter)) return 0;
  if (value.is_number()) return hash_number(value);
  if (const auto* text = value.get_ptr<const std::string*>())
    return charge_text(*text, meter) ? std::hash<std::string_view>{}(*text) : 0;
  if (value.is_structured()) return hash_composite(value, meter, depth);
  if (const auto* flag = value.get_ptr<const bool*>()) return *flag ? 7 : 11;
  return 13;
}

std::optional<Indices> find_equal_items(const Json& array, Meter& meter) {
  const auto& items = *array.get_ptr<const Json::array_t*>();
  if (items.size() <= few_items) return find_equal_pair(items, meter);
  if (items.size() > max_items) return meter.exhaust(Exhausted::steps), std::nullopt;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t item = 0;  // counted from 1; 0 is empty
  };
  std::vector<Slot> table(std::bit_ceil(items.size() * 2));
  const std::size_t mask = table.size() - 1;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t whole = hash(items[i], meter);
    const auto code = static_cast<std::uint32_t>(mix(whole, 1) >> 32);
    // Every further probe costs a step: items that were made to collide run out of them.
    for (std::size_t at = code & mask;; at = (at + 1) & mask) {
      Slot& slot = table[at];
      if (slot.item == 0) {
        slot = {code, static_cast<std::uint32_t>(i + 1)};
        break;
      }
      if (slot.hash == code && equal(items[slot.item - 1], items[i], meter))
        return Indices{slot.item - 1, i};
      if (!meter.charge(1)) return std::nullopt;
    }
    if (!meter) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tools::schema
