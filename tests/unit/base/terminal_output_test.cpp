#include "base/terminal_output.h"

#include <sstream>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace terminal_output_test {

namespace {

std::string shown(std::string_view text, bool is_terminal = true) {
  std::ostringstream stream;
  {
    const base::TerminalOutput output(stream, is_terminal);
    stream << text;
  }
  return stream.str();
}

}  // namespace

TEST_CASE("a terminal gets nothing that it would obey", "[terminal]") {
  CHECK(shown("a\x1b[2Jb\x07\rc\x7f") == "a\\u{1b}[2Jb\\u{7}\\u{d}c\\u{7f}");
  CHECK(shown("\xC2\x9B" "31m") == "\\u{9b}31m");
  CHECK(shown("a\xE2\x80\xAE" "b\xE2\x81\xA9\xD8\x9C") == "a\\u{202e}b\\u{2069}\\u{61c}");
}

TEST_CASE("text reaches a terminal as it is", "[terminal]") {
  for (const std::string text : {"plain\n\ttext", "\xC3\xA4\xE2\x86\x92\xF0\x9F\x98\x80\xC2\xA0", ""}) {
    CHECK(shown(text) == text);
  }
}

TEST_CASE("what is no UTF-8 is replaced", "[terminal]") {
  CHECK(shown("a\xFF" "b\xC3(\x80") == "a\xEF\xBF\xBD" "b\xEF\xBF\xBD(\xEF\xBF\xBD");
}

TEST_CASE("a character that comes in pieces is one", "[terminal]") {
  std::ostringstream stream;
  const base::TerminalOutput output(stream, true);
  for (const char c : std::string("\xF0\x9F\x98\x80\xE2\x80\xAE")) stream.put(c);
  CHECK(stream.str() == "\xF0\x9F\x98\x80\\u{202e}");
}

TEST_CASE("a stream that is no terminal is left as it is", "[terminal]") {
  CHECK(shown("a\x1b[2J\xFF", false) == "a\x1b[2J\xFF");
}

}  // namespace terminal_output_test
