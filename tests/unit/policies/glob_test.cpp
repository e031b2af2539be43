#include "policies/glob.h"

#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace glob_test {

using policies::Glob;
using policies::GlobList;

namespace {

/// Slow and obvious: row by row, whether the first i characters match the first j.
bool reference_match(std::string_view pattern, std::string_view text) {
  std::array<bool, 16> row{true};
  for (const char c : pattern) {
    std::array<bool, 16> next{c == '*' && row[0]};
    for (std::size_t j = 1; j <= text.size(); ++j) {
      next[j] = c == '*' ? (row[j] || next[j - 1]) : (row[j - 1] && c == text[j - 1]);
    }
    row = next;
  }
  return row[text.size()];
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t longest) {
  std::string text(random() % (longest + 1), ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

}  // namespace

TEST_CASE("a pattern without a star matches itself alone", "[policies]") {
  CHECK(Glob("files/read").matches("files/read"));
  CHECK_FALSE(Glob("files/read").matches("files/read_file"));
  CHECK_FALSE(Glob("files/read").matches("files/rea"));
}

TEST_CASE("a star matches any run, slashes included", "[policies]") {
  CHECK(Glob("*").matches("files/read"));
  CHECK(Glob("*").matches(""));
  CHECK(Glob("files/*").matches("files/a/b"));
  CHECK(Glob("files/*").matches("files/"));
  CHECK(Glob("*/drop_*").matches("db/drop_table"));
  CHECK(Glob("a*b*c").matches("a/b/x/bc"));
}

TEST_CASE("the parts of a pattern do not overlap in the text", "[policies]") {
  CHECK_FALSE(Glob("aba*aba").matches("aba"));
  CHECK_FALSE(Glob("a*b*b").matches("ab"));
  CHECK(Glob("a*b*b").matches("abb"));
}

TEST_CASE("everything but the star is literal and case counts", "[policies]") {
  CHECK_FALSE(Glob("files/rea?").matches("files/read"));
  CHECK_FALSE(Glob("files/[a-z]*").matches("files/read"));
  CHECK_FALSE(Glob("files/a.c").matches("files/abc"));
  CHECK_FALSE(Glob("Files/*").matches("files/read"));
}

TEST_CASE("matching agrees with a simple reference", "[policies]") {
  std::mt19937 random(20261121);
  std::size_t matched = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string pattern = random_text(random, "ab/**", 8);
    const std::string text = random_text(random, "ab/", 12);
    const bool expected = reference_match(pattern, text);
    matched += expected ? 1 : 0;
    if (Glob(pattern).matches(text) != expected) {
      FAIL("pattern '" << pattern << "', text '" << text << "', expected " << expected);
    }
  }
  CHECK(matched > 10'000);
}

TEST_CASE("a pattern made to backtrack costs no more than its length", "[policies]") {
  std::string pattern, text(20'000, 'a');
  for (int i = 0; i < 2'000; ++i) pattern += "*a";
  CHECK_FALSE(Glob(pattern + "*b").matches(text));
  CHECK_FALSE(Glob("*" + std::string(10'000, 'a') + "b*").matches(text));
}

TEST_CASE("a list finds its first match, exact or not", "[policies]") {
  GlobList list;
  for (const char* pattern : {"a/x", "b/*", "a/*", "b/y", "a/x"}) list.add(pattern);
  CHECK(list.first_match("a/x") == 0u);
  CHECK(list.first_match("a/z") == 2u);
  CHECK(list.first_match("b/y") == 1u);
  CHECK_FALSE(list.first_match("c/x"));
  CHECK_FALSE(GlobList().first_match("a/x"));
}

TEST_CASE("a list agrees with looking at one pattern after the other", "[policies]") {
  std::mt19937 random(7);
  for (int i = 0; i < 2'000; ++i) {
    GlobList list;
    std::vector<std::string> patterns(random() % 6);
    for (std::string& pattern : patterns) list.add(pattern = random_text(random, "ab*", 3));
    const std::string text = random_text(random, "ab", 3);
    std::optional<std::size_t> expected;
    for (std::size_t at = patterns.size(); at-- > 0;) {
      if (reference_match(patterns[at], text)) expected = at;
    }
    if (list.first_match(text) != expected) FAIL("text '" << text << "' of case " << i);
  }
}

}  // namespace glob_test
