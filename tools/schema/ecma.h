#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tools/schema/charset.h"

namespace tools::schema {

/// `^[set]{min,max}$`, by far the most frequent form of a pattern: needs no automaton, however
/// large the counts are.
struct Run {
  CharSet set;
  std::size_t min = 1;
  std::size_t max = 1;
};

/// An ECMA-262 regular expression in RE2's words; `run` is set when it has that form.
struct Translation {
  std::string re2;
  std::optional<Run> run;
};

/// Translates so that RE2 matches what ECMA-262 with the flag `u` matches. Refuses what RE2 has no
/// words for (look-around, back-references) or what ECMA-262 does not know: never an approximation.
/// `pattern` is UTF-8.
base::Result<Translation> translate_ecma(std::string_view pattern);

/// Whether ECMA-262 knows it as a pattern, be it expressible here or not.
bool is_ecma(std::string_view pattern);

}  // namespace tools::schema
