#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/json.h"
#include "base/result.h"
#include "tools/schema/dialect.h"
#include "tools/schema/node.h"
#include "tools/schema/schema.h"

namespace tools::schema {

/// One subschema in a document.
struct Place {
  const base::Json* json;
  std::string_view
      document;  ///< the URI under which the document was found; "" is the one that is compiled
  std::string pointer;  ///< in that document
  std::size_t depth;
  Dialect dialect;
  Resource* resource;
  Node* node;

  base::Error error(std::string_view what, base::Code code = base::Code::invalid) const;
  base::Error error_at(std::string_view keyword, std::string_view what,
                       base::Code code = base::Code::invalid) const;
  /// Before 2019-09 a `$ref` hides everything beside it.
  bool is_bare_ref() const;
};

/// All subschemas of a document, and of those that it refers to, with their names: what `$ref`
/// resolves against. Each gets a Node, still empty. Identifiers count only where the keywords of
/// its draft put a subschema, never inside `const`, `enum` or unknown keywords.
class Index {
 public:
  Index(Program& program, const CompileOptions& options) : program_(program), options_(options) {}

  base::Status add(const base::Json& document);

  /// Where `reference` leads from `from`. May add places: another document's, or one in an unknown
  /// keyword.
  base::Result<Place*> resolve(const Place& from, const std::string& keyword,
                               std::string_view reference);

  /// The place of a subschema that add() found.
  Place* find(const base::Json& schema);

  /// Grows while resolve() is called; places do not move.
  std::deque<Place>& places() { return places_; }

 private:
  base::Status add_document(std::string_view uri, const base::Json& document, Dialect dialect);
  base::Result<Place*> find_document(const std::string& uri, const Place& from,
                                     const base::Error& missing);
  base::Status count_values(std::string_view uri, const base::Json& value, std::size_t depth);
  const base::Json* child(const base::Json& value, std::string_view token);
  base::Status enqueue(const base::Json& schema, std::string pointer, const Place& parent);
  base::Status scan();
  base::Status expand(Place& place);
  base::Status identify(Place& place);
  base::Status name_dialect(Place& place);
  base::Status name_resource(Place& place, const base::Json& id);
  base::Status name_anchor(Place& place, const std::string& keyword, const base::Json& anchor);
  base::Status register_anchor(Place& place, const std::string& keyword, const std::string& name);
  base::Status children(Place& place, const std::string& keyword, const base::Json& value);
  base::Result<Place*> walk(Place& root, std::string_view pointer, const base::Error& missing);

  Program& program_;
  CompileOptions options_;
  std::deque<Place> places_;
  std::size_t scanned_ = 0;
  std::size_t values_ = 0;
  std::unordered_map<const base::Json*, std::unordered_map<std::string_view, const base::Json*>>
      members_;
  std::unordered_map<const base::Json*, Place*> by_json_;
  std::unordered_map<std::string, Place*> resources_;  // by URI
  std::unordered_map<std::string, Place*> anchors_;    // by URI#name
};

}  // namespace tools::schema
