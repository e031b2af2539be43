#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tools::schema {

/// The characters that one atom of a regular expression matches.
struct CharSet {
  struct Range {
    char32_t first, last;
  };
  std::vector<Range> ranges;
  std::string properties;  ///< `\p{…}` in RE2's words; contains() does not know them
  bool negated = false;

  void add(char32_t character) { ranges.push_back({character, character}); }
  void add(const CharSet& other);
  bool contains(char32_t character) const;
  std::string to_re2() const;
};

/// The sets that ECMA-262 writes as `\d \D \w \W \s \S`; nothing for any other letter.
std::optional<CharSet> class_escape(char letter);

/// `.`: all but line terminators (ECMA-262 §22.2.2.7).
CharSet any_character();

/// What `\p{NAME}` is called in RE2: short general categories and scripts. Nothing when `name`
/// cannot be one.
std::optional<std::string> property_name(std::string_view name);

/// The character at `at` in valid UTF-8; `at` moves behind it.
char32_t next_character(std::string_view text, std::size_t& at);

}  // namespace tools::schema
