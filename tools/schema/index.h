#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/json.h"
#include "base/result.h"
#include "tools/schema/node.h"
#include "tools/schema/schema.h"

namespace tools::schema {

/// The drafts that are understood, as bits: keyword tables say in which ones a keyword exists.
using Dialect = unsigned;
namespace dialect {
inline constexpr Dialect draft7 = 1, draft2019_09 = 2, draft2020_12 = 4;
inline constexpr Dialect all = 7, since_2019 = 6, before_2020 = 3;
}  // namespace dialect

/// One subschema in the document.
struct Place {
  const base::Json* json;
  std::string pointer;
  std::size_t depth;
  Dialect dialect;
  Resource* resource;
  Node* node;

  base::Error error(std::string_view what, base::Code code = base::Code::invalid) const;
  base::Error error_at(std::string_view keyword, std::string_view what,
                       base::Code code = base::Code::invalid) const;
  /// Draft 7: a `$ref` hides everything beside it.
  bool is_bare_ref() const;
};

/// All subschemas of a document with their names: what `$ref` resolves against. Each gets a Node,
/// still empty. Identifiers count only where the keywords of its draft put a subschema, never
/// inside `const`, `enum` or unknown keywords.
class Index {
 public:
  Index(Program& program, const CompileLimits& limits) : program_(program), limits_(limits) {}

  base::Status add(const base::Json& document);

  /// Where `reference` leads from `from`. May add a place, when it points into an unknown keyword.
  base::Result<Place*> resolve(const Place& from, const std::string& keyword,
                               std::string_view reference);

  /// The place of a subschema that add() found.
  Place* find(const base::Json& schema);

  /// Grows while resolve() is called; places do not move.
  std::deque<Place>& places() { return places_; }

 private:
  base::Status enqueue(const base::Json& schema, std::string pointer, const Place& parent);
  base::Status scan();
  base::Status expand(Place& place);
  base::Status identify(Place& place);
  base::Status name_dialect(Place& place, bool names_resource);
  base::Status name_resource(Place& place, const base::Json& id);
  base::Status name_anchor(Place& place, const std::string& keyword, const base::Json& anchor);
  base::Status register_anchor(Place& place, const std::string& keyword, const std::string& name);
  base::Status children(Place& place, const std::string& keyword, const base::Json& value);
  base::Result<Place*> walk(Place& root, std::string_view pointer, const base::Error& missing);

  Program& program_;
  CompileLimits limits_;
  std::deque<Place> places_;
  std::size_t scanned_ = 0;
  std::unordered_map<const base::Json*, Place*> by_json_;
  std::unordered_map<std::string, Place*> resources_;  // by URI
  std::unordered_map<std::string, Place*> anchors_;    // by URI#name
};

}  // namespace tools::schema
