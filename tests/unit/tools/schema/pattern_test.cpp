#include "tools/schema/pattern.h"

#include "tests/unit/tools/schema/support.h"

namespace tools::schema::pattern_test {
namespace {

bool matches(const std::string& pattern, std::string_view text) {
  auto compiled = Patterns(4'096).compile(pattern);
  INFO(pattern << ": " << (compiled ? "" : compiled.error().message));
  REQUIRE(compiled.ok());
  return compiled->matches(text);
}

std::string refused(const std::string& pattern) {
  const auto compiled = Patterns(4'096).compile(pattern);
  REQUIRE_FALSE(compiled.ok());
  return compiled.error().message;
}

}  // namespace

TEST_CASE("a pattern matches anywhere unless it is anchored", "[schema]") {
  CHECK(matches("b", "abc"));
  CHECK_FALSE(matches("^b", "abc"));
  CHECK_FALSE(matches("b$", "abc"));
}

TEST_CASE("the end of the text is not before a last line break", "[schema]") {
  CHECK_FALSE(matches("a$", "a\n"));
  CHECK_FALSE(matches("^a", "\na"));
  CHECK_FALSE(matches("^[a]+$", "a\n"));
}

TEST_CASE("a dot does not match a line terminator", "[schema]") {
  for (const auto* const terminator : {"\n", "\r", "\u2028", "\u2029"}) {
    CHECK_FALSE(matches("^.$", terminator));
    CHECK_FALSE(matches("^(.)$", terminator));
  }
  CHECK(matches("^.$", "😀"));
}

TEST_CASE("digits and words are ASCII", "[schema]") {
  CHECK_FALSE(matches("^\\d$", "߀"));
  CHECK_FALSE(matches("^\\w$", "é"));
  CHECK(matches("^\\W$", "é"));
  CHECK(matches("^\\D$", "߀"));
}

TEST_CASE("space is what ECMA-262 says it is", "[schema]") {
  for (const auto* const space : {"\v", "\u00a0", "\u2003", "\u2029", "\ufeff"}) {
    CHECK(matches("^\\s$", space));
    CHECK(matches("^(\\s)$", space));
    CHECK_FALSE(matches("^\\S$", space));
    CHECK_FALSE(matches("^[^\\s]$", space));
    CHECK(matches("^[\\S\\s]$", space));
  }
}

TEST_CASE("escapes of characters", "[schema]") {
  CHECK(matches("^\\u00e4\\x41\\cJ\\0\\/\\-$", std::string_view("äA\n\0/-", 7)));
  CHECK(matches("^\\ud83d\\ude00$", "😀"));
  CHECK(matches("^\\u{1f600}$", "😀"));
  CHECK(matches("^[\\b\\t]$", "\b"));
}

TEST_CASE("empty classes match nothing and everything", "[schema]") {
  CHECK_FALSE(matches("[]", "a"));
  CHECK_FALSE(matches("x[]", "x"));
  CHECK(matches("^[^]$", "\n"));
}

TEST_CASE("a bracket inside a class stands for itself", "[schema]") {
  CHECK(matches("^[[:a]$", "["));
  CHECK_FALSE(matches("^[[:alpha:]$", "b"));
  CHECK(matches("^[\\]]$", "]"));
}

TEST_CASE("a dash beside a set stands for itself", "[schema]") {
  CHECK(matches("^[\\w-.]+$", "a-."));
  CHECK(matches("^[a-]+$", "-a"));
}

TEST_CASE("braces that are no quantifier stand for themselves", "[schema]") {
  CHECK(matches("^{a}$", "{a}"));
  CHECK(matches("^a{,2}$", "a{,2}"));
  CHECK(matches("^a{2}b{1,}c{0,1}$", "aabb"));
}

TEST_CASE("groups by any name and none", "[schema]") {
  CHECK(matches("^(?<year>\\d{4})(?:-)(a|b)$", "2026-b"));
}

TEST_CASE("Unicode properties by long and short names", "[schema]") {
  CHECK(matches("^\\p{Letter}\\p{Lu}\\P{Nd}\\p{Script=Greek}$", "äÄxλ"));
  CHECK(matches("^[\\p{L}_]+$", "ä_λ"));
  CHECK_FALSE(matches("^\\p{gc=Uppercase_Letter}$", "ä"));
}

TEST_CASE("a run of one set may be longer than RE2 can count", "[schema]") {
  CHECK(matches("^[a-z]{1,4096}$", std::string(4'096, 'a')));
  CHECK_FALSE(matches("^[a-z]{1,4096}$", std::string(4'097, 'a')));
  CHECK_FALSE(matches("^[a-z]{1,4096}$", ""));
  CHECK(matches("^.{2}$", "äö"));
  CHECK_FALSE(matches("^[^a]*$", "bab"));
}

TEST_CASE("what RE2 has no words for is refused", "[schema]") {
  CHECK(refused("a(?!b)") == "uses look-ahead, which is not supported");
  CHECK(refused("(?<=a)b") == "uses look-behind, which is not supported");
  CHECK(refused("(?<!a)b") == "uses look-behind, which is not supported");
  CHECK(refused("(a)\\1") == "uses a back-reference, which is not supported");
  CHECK(refused("(?<n>a)\\k<n>") == "uses a back-reference, which is not supported");
  CHECK(refused("ab{1,2000}") == "cannot be used: invalid repetition size: {1,2000}");
  CHECK(refused("\\p{Alphabetic}").starts_with("cannot be used"));
  CHECK(refused("\\p{Script_Extensions=Greek}") ==
        "names a Unicode property that is not supported");
}

TEST_CASE("what ECMA-262 does not know is refused, though RE2 might know it", "[schema]") {
  for (const auto* const pattern :
       {"(?i)a", "(?P<n>a)", "\\Aa", "a\\z",    "\\Z",   "\\Q.\\E",     "\\C",
        "\\pL",  "\\p{^L}",  "\\a",  "\\ud83d", "\\u12", "\\u{110000}", "\\u{}",
        "\\xg0", "\\c1",     "\\01", "\\é",     "[a",    "[b-a]",       "(a",
        "a)",    "a{2,1}",   "*a",   "a**",     "a\\",   "(?<n",        "[\\B]"})
    CHECK_FALSE(Patterns(4'096).compile(pattern).ok());
}

TEST_CASE("groups that are nested without end are refused", "[schema]") {
  CHECK(refused(std::string(101, '(') + std::string(101, ')')) == "nests groups too deeply");
}

}  // namespace tools::schema::pattern_test
