#include "tools/schema/dialect.h"

#include <string>
#include <utility>

#include "tools/schema/words.h"

namespace tools::schema {
namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

// Metaschemas that are written in each other end here.
constexpr std::size_t max_metaschemas = 8;

// http and https alike, with or without the empty fragment: all are seen in the wild.
Dialect find_draft(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  const std::string_view name = uri.substr(0, scheme);
  if (scheme == std::string_view::npos || (name != "http" && name != "https")) return 0;
  uri.remove_prefix(scheme + 3);
  constexpr std::pair<std::string_view, Dialect> drafts[] = {
      {"json-schema.org/draft/2020-12/schema", dialect::draft2020_12},
      {"json-schema.org/draft/2019-09/schema", dialect::draft2019_09},
      {"json-schema.org/draft-07/schema", dialect::draft7},
      {"json-schema.org/draft-06/schema", dialect::draft6},
      {"json-schema.org/draft-04/schema", dialect::draft4},
  };
  for (const auto& [known, draft] : drafts)
    if (uri == known) return draft | dialect::standard;
  return 0;
}

struct Vocabulary {
  std::string_view name;
  Dialect bits;
};

const Vocabulary* find_vocabulary(std::string_view uri) {
  static constexpr Vocabulary vocabularies[] = {
      {"2020-12/vocab/core", 0},
      {"2020-12/vocab/applicator", dialect::applicator},
      {"2020-12/vocab/unevaluated", dialect::unevaluated},
      {"2020-12/vocab/validation", dialect::validation},
      {"2020-12/vocab/meta-data", 0},
      {"2020-12/vocab/format-annotation", 0},
      {"2020-12/vocab/format-assertion", dialect::format_assertion},
      {"2020-12/vocab/content", 0},
      {"2019-09/vocab/core", 0},
      {"2019-09/vocab/applicator", dialect::applicator | dialect::unevaluated},
      {"2019-09/vocab/validation", dialect::validation},
      {"2019-09/vocab/meta-data", 0},
      {"2019-09/vocab/format", dialect::format_assertion},
      {"2019-09/vocab/content", 0},
  };
  constexpr std::string_view common = "https://json-schema.org/draft/";
  if (!uri.starts_with(common)) return nullptr;
  uri.remove_prefix(common.size());
  for (const Vocabulary& vocabulary : vocabularies)
    if (vocabulary.name == uri) return &vocabulary;
  return nullptr;
}

Result<Dialect> choose(Dialect draft, const Json& vocabularies) {
  const auto* members = vocabularies.get_ptr<const Json::object_t*>();
  if (members == nullptr) return Error{Code::invalid, "has a bad $vocabulary", {}};
  Dialect chosen = draft & dialect::all;
  for (const auto& [name, required] : *members) {
    const Vocabulary* known = find_vocabulary(name);
    if (known == nullptr && required != false)
      return Error{Code::invalid,
                   "requires the vocabulary " + in_quotes(name) + ", which is not supported",
                   {}};
    if (known == nullptr) continue;
    // 2019-09 asserts formats only where its vocabulary is required (Validation §7.2).
    const bool annotates = known->name == "2019-09/vocab/format" && required == false;
    if (!annotates) chosen |= known->bits;
  }
  return chosen;
}

}  // namespace

Result<Dialect> find_dialect(std::string_view schema, const Documents* documents) {
  const Json* chooser = nullptr;  // the first `$vocabulary` on the way counts
  for (std::size_t i = 0; i < max_metaschemas; ++i) {
    if (schema.ends_with('#')) schema.remove_suffix(1);
    if (const Dialect draft = find_draft(schema); draft != 0)
      return chooser == nullptr ? Result<Dialect>(draft) : choose(draft, *chooser);
    const Json* metaschema = documents == nullptr ? nullptr : documents->find(schema);
    if (metaschema == nullptr) break;
    if (chooser == nullptr) chooser = base::find_member(*metaschema, "$vocabulary");
    const std::string* next = base::find_string(*metaschema, "$schema");
    if (next == nullptr) break;
    schema = *next;
  }
  return Error{Code::invalid, "is not supported", {}};
}

}  // namespace tools::schema
