#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "tools/schema/schema.h"

namespace policies {

/// A JSON Schema over the arguments of a call, as policy files have it under `arguments:` and
/// `when:` (design §2.9). Immutable, cheap to copy, safe to use from many threads.
class Constraint {
 public:
  /// Throws base::ConfigError with the place: for what is no JSON Schema, and for every keyword or
  /// format that the schema library would pass over, since a misspelt constraint must not be none.
  static Constraint read(const base::YamlNode& node);

  /// Whether these arguments satisfy it. Undecided (too many steps) must be taken for the answer
  /// that refuses.
  tools::schema::Verdict verdict(const base::Json& arguments) const {
    return schema_.decide(arguments);
  }
  /// What is wrong with arguments that do not satisfy it: one line each, a pointer first.
  std::vector<std::string> violations(const base::Json& arguments) const;

  /// As written.
  const base::Json& schema() const { return json_; }
  /// schema() in one line. Equal for equal schemas that are written in one order.
  const std::string& text() const { return text_; }
  /// Sentences about arguments that satisfy it by being absent or of another type.
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  Constraint(base::Json json, tools::schema::Schema schema, std::vector<std::string> gaps);

  base::Json json_;
  std::string text_;
  tools::schema::Schema schema_;
  std::vector<std::string> gaps_;
};

}  // namespace policies
