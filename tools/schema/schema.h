#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "tools/schema/documents.h"

namespace tools::schema {

/// Bounds while compiling (security-reliability.md §1): beyond them the schema is refused, never
/// weakened.
struct CompileLimits {
  std::size_t depth = 32;  ///< nesting of subschemas
  std::size_t subschemas = 2'000;
  std::size_t values =
      20'000;  ///< JSON values in the schema and in the documents it refers to, enums included
  std::size_t pattern = 4'096;  ///< bytes of one regular expression
};

/// How to compile.
struct CompileOptions {
  CompileLimits limits;
  /// `format` asserts, for the formats that find_format() knows; else only where the schema's
  /// metaschema says so.
  bool assert_format = false;
  /// What references and `$schema` may lead to besides the metaschemas of the drafts. Needed while
  /// compiling only.
  const Documents* documents = nullptr;
};

/// Bounds of one validation. Running out of steps is a violation: fail closed.
struct ValidateLimits {
  std::size_t steps = 200'000;
  std::size_t ref_hops = 64;   ///< `$ref`s followed without descending into the instance
  std::size_t violations = 8;  ///< reported at most
  /// A property that is not named where a violation lists those that are allowed: it is not for
  /// whoever reads that.
  std::string_view untold = {};
};

/// Where in a schema a violation was found: what output formats tell and models do not need.
struct Location {
  /// The keywords that led there with their members and indices, and the bytes of the instance's
  /// pointer at each (npos: all).
  std::vector<std::pair<std::string, std::size_t>> trail;
  std::string
      absolute;  ///< of the keyword itself, through no reference; "" in a schema without `$id`
};

/// One reason why an instance is not valid, in words a model can repair its call from.
struct Violation {
  std::string instance;  ///< JSON Pointer into the instance; "" is the whole
  std::string keyword;   ///< the keyword that failed
  std::string expected;
  std::string found;
  Location location = {};  ///< empty unless output() asked for it
};

/// `POINTER: expected …, found …`, one line.
std::string to_string(const Violation& violation);

enum class Verdict { valid, invalid, undecided };

enum class OutputFormat { flag, basic, detailed };

struct Program;

/// A compiled JSON Schema of the draft that its `$schema` names (2020-12 when it names none;
/// 2019-09, 7, 6, 4). Immutable and cheap to copy; may be used by many threads at once.
class Schema {
 public:
  /// Compiles. Code::invalid when it is no schema, when a `$ref` does not resolve (nothing is ever
  /// fetched), for a
  /// `$schema` that is not supported or a `pattern` that RE2 cannot express; Code::limit beyond the
  /// limits. The message names the place as a JSON Pointer.
  static base::Result<Schema> compile(const base::Json& document,
                                      const CompileOptions& options = {});

  /// Empty when `instance` is valid. Bounded in steps whatever schema and instance are.
  std::vector<Violation> validate(const base::Json& instance,
                                  const ValidateLimits& limits = {}) const;

  /// Only decides; tells an instance that is invalid from one that was not decided within the
  /// limits. For callers to whom "not valid" is the permissive answer: undecided must be the other
  /// one.
  Verdict decide(const base::Json& instance, const ValidateLimits& limits = {}) const;

  /// The verdict in one of the standard output formats (Core §12.4), without annotations. Of
  /// violations at most `limits.violations` are told, those of all branches of `anyOf` and `oneOf`
  /// among them.
  base::Json output(const base::Json& instance, OutputFormat format,
                    const ValidateLimits& limits = {}) const;

 private:
  explicit Schema(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::vector<Violation> explain(const base::Json& instance, const ValidateLimits& limits,
                                 bool located) const;
  std::shared_ptr<const Program> program_;
};

}  // namespace tools::schema
