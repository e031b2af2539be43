#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "tools/schema/format.h"
#include "tools/schema/number.h"
#include "tools/schema/pattern.h"

namespace tools::schema {

struct Node;

/// A set of JSON types, one bit each. A number without fraction has the bits of integer and number.
using Types = std::uint8_t;
namespace type {
inline constexpr Types null = 1, boolean = 2, integer = 4, number = 8, string = 16, array = 32,
                       object = 64, any = 127;
}

/// A (sub)schema with a base URI of its own, as far as validation needs to know it.
struct Resource {
  std::string uri;
  /// `$dynamicAnchor`s; the one called "" is draft 2019-09's `$recursiveAnchor`.
  std::vector<std::pair<std::string, const Node*>> dynamic_anchors;
  std::string pointer;  // of the resource in its document

  const Node* dynamic_anchor(std::string_view name) const;
};

/// A number that bounds, with its text for messages.
struct Bound {
  long double value;
  std::string text;
};

struct NumberRules {
  std::optional<Bound> minimum, maximum, exclusive_minimum, exclusive_maximum;
  std::optional<std::pair<Decimal, std::string>> multiple_of;
};

struct StringRules {
  std::optional<std::size_t> min, max;  // in code points
  std::optional<Pattern> pattern;
  const Format* format = nullptr;
};

struct ArrayRules {
  std::vector<const Node*> prefix;
  const Node* items = nullptr;  // those behind `prefix`
  const char* prefix_keyword = "prefixItems";
  const char* items_keyword = "items";
  const Node* contains = nullptr;
  std::size_t min_contains = 1;
  std::optional<std::size_t> max_contains;
  bool contains_evaluates = false;
  std::optional<std::size_t> min, max;
  bool unique = false;
  const Node* unevaluated = nullptr;
};

/// A name that some keyword of an object schema mentions; `schema` is null unless it is in
/// `properties`.
struct Property {
  std::string name;
  const Node* schema = nullptr;
};

/// Names ordered by length, then bytes: most comparisons end at the length.
bool shortlex(std::string_view a, std::string_view b);

/// The `dependent…` of one name, as positions in ObjectRules::names.
struct Dependents {
  const char* keyword = "";
  std::size_t trigger = 0;
  std::vector<std::size_t> required;
  const Node* schema = nullptr;
};

struct ObjectRules {
  std::vector<Property> names;        // in shortlex order
  std::vector<std::size_t> required;  // positions in `names`
  std::vector<Dependents> dependents;
  std::vector<std::pair<Pattern, const Node*>> patterns;
  const Node* additional = nullptr;
  const Node* property_names = nullptr;
  const Node* unevaluated = nullptr;
  std::optional<std::size_t> min, max;
  std::uint64_t marks = 0;  // a bit for each name, see mark_of()

  const Property* find(std::string_view name) const;

  /// One of 64 bits, by what is read of a name at once: most names that are not mentioned are told
  /// by it.
  static std::uint64_t mark_of(std::string_view name);
};

/// The values of `const` or `enum`, arranged for lookup.
struct Values {
  std::vector<base::Json> all;            // as written; the rest refers to it
  std::vector<std::string_view> strings;  // in shortlex order
  std::vector<long double> numbers;       // ascending
  std::vector<std::pair<std::size_t, const base::Json*>> composites;  // ascending by hash
  bool null = false;
  bool booleans[2] = {false, false};
};

/// Keywords that apply subschemas to the same instance.
struct InPlace {
  const Node* ref = nullptr;
  const Node* static_ref = nullptr;   // a dynamic reference that leads to no dynamic anchor
  const Node* dynamic_ref = nullptr;  // where it leads when no outer resource has the anchor
  std::string dynamic_anchor;
  const char* dynamic_keyword = "$dynamicRef";
  std::vector<const Node*> all_of, any_of, one_of;
  const Node* negated = nullptr;
  std::string negated_text;
  const Node* condition = nullptr;
  const Node* then = nullptr;
  const Node* otherwise = nullptr;
};

/// A compiled subschema. What is absent costs a null check; `plain` ones are decided by `types`
/// alone.
struct Node {
  explicit Node(std::size_t index) : id(index) {}

  std::size_t id;
  Types types = type::any;
  bool plain = true;
  const Resource* resource = nullptr;  // null in a schema without dynamic references
  std::unique_ptr<Values> constant, values;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;
  std::unique_ptr<InPlace> in_place;

  /// `false`, or a schema as strict.
  bool never() const { return types == 0; }
};

/// Owns what a schema was compiled to. Nodes point at each other, in circles where schemas recurse.
struct Program {
  /// Where a node stands: its resource, and its pointer in the document that holds it.
  struct Site {
    const Resource* resource;
    std::string pointer;
  };

  std::deque<Node> nodes;   // the first is the root
  std::vector<Site> sites;  // of the nodes, by id
  std::deque<Resource> resources;
  std::deque<std::string> documents;  // URIs of other documents that it refers to
};

}  // namespace tools::schema
