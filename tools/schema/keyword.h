#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "tools/schema/index.h"
#include "tools/schema/node.h"
#include "tools/schema/pattern.h"

namespace tools::schema {

/// One keyword of one subschema while it is compiled into `node`.
struct KeywordContext {
  Index& index;
  Patterns& patterns;
  const Place& place;
  Node& node;
  const std::string& keyword;

  base::Error error(std::string_view what, base::Code code = base::Code::invalid) const {
    return place.error_at(keyword, what, code);
  }
  const base::Json* sibling(std::string_view name) const {
    return base::find_member(*place.json, name);
  }
  /// The node of a subschema below this keyword.
  const Node* child(const base::Json& schema) const { return index.find(schema)->node; }
};

using CompileKeyword = base::Status (*)(const KeywordContext&, const base::Json& value);

/// A keyword that validates. Keywords without an entry are annotations or unknown, and ignored.
struct Keyword {
  std::string_view name;
  Dialect drafts;
  Dialect vocabulary;
  CompileKeyword compile;
};

// Compilers by family: tables in keyword.cpp name them.
namespace keyword {
base::Status type(const KeywordContext&, const base::Json&);
base::Status constant(const KeywordContext&, const base::Json&);
base::Status enumeration(const KeywordContext&, const base::Json&);
base::Status bound(const KeywordContext&, const base::Json&);
base::Status multiple_of(const KeywordContext&, const base::Json&);
base::Status length(const KeywordContext&, const base::Json&);
base::Status pattern(const KeywordContext&, const base::Json&);
base::Status format(const KeywordContext&, const base::Json&);

base::Status item_count(const KeywordContext&, const base::Json&);
base::Status unique_items(const KeywordContext&, const base::Json&);
base::Status prefix_items(const KeywordContext&, const base::Json&);
base::Status items(const KeywordContext&, const base::Json&);
base::Status additional_items(const KeywordContext&, const base::Json&);
base::Status contains(const KeywordContext&, const base::Json&);
base::Status contains_count(const KeywordContext&, const base::Json&);
base::Status unevaluated_items(const KeywordContext&, const base::Json&);

base::Status member_count(const KeywordContext&, const base::Json&);
base::Status member_schema(const KeywordContext&, const base::Json&);
base::Status pattern_properties(const KeywordContext&, const base::Json&);
base::Status named_members(const KeywordContext&, const base::Json&);

base::Status ref(const KeywordContext&, const base::Json&);
base::Status dynamic_ref(const KeywordContext&, const base::Json&);
base::Status recursive_ref(const KeywordContext&, const base::Json&);
base::Status branches(const KeywordContext&, const base::Json&);
base::Status negation(const KeywordContext&, const base::Json&);
base::Status condition(const KeywordContext&, const base::Json&);
}  // namespace keyword

/// The compiler of a keyword in a dialect, or null when it does not validate there.
CompileKeyword find_keyword(std::string_view name, Dialect in);

/// A count as a schema gives it: an integer from 0 up; 2.0 counts, and what is beyond size_t is its
/// maximum.
base::Result<std::size_t> read_count(const KeywordContext&, const base::Json& value);

/// Adds the keyword's rules to the node when it has none of that family yet.
template <class Rules>
Rules& rules_of(Node& node, std::unique_ptr<Rules>& rules) {
  node.plain = false;
  if (rules == nullptr) rules = std::make_unique<Rules>();
  return *rules;
}

}  // namespace tools::schema
