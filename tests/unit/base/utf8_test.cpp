#include "base/utf8.h"

#include <catch2/catch.hpp>

namespace utf8_test {

TEST_CASE("characters of every length are recognised", "[utf8]") {
  CHECK(base::utf8_length("a") == 1);
  CHECK(base::utf8_length("ä!") == 2);
  CHECK(base::utf8_length("世!") == 3);
  CHECK(base::utf8_length("😀!") == 4);
  CHECK(base::utf8_length(std::string_view("\0", 1)) == 1);
}

TEST_CASE("the first and last characters of every form are recognised", "[utf8]") {
  for (const std::string_view text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(base::utf8_length(text) == text.size());
  }
}

TEST_CASE("overlong forms, surrogates and what lies beyond Unicode are refused", "[utf8]") {
  for (const std::string_view text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\x80", "\xBF"}) {
    CHECK(base::utf8_length(text) == 0);
  }
}

TEST_CASE("a character that is cut off or continued wrongly is refused", "[utf8]") {
  for (const std::string_view text :
       {"\xC3", "\xE4\xB8", "\xF0\x9F\x98", "\xC3(", "\xE4\xB8(", "\xF0\x9F\x98("}) {
    CHECK(base::utf8_length(text) == 0);
  }
  CHECK(base::utf8_length("") == 0);
}

TEST_CASE("nothing is read behind the end of the text", "[utf8]") {
  for (const std::string_view text : {"ä", "世", "😀"}) {
    CHECK(base::utf8_length(text.substr(0, text.size() - 1)) == 0);
  }
}

TEST_CASE("a text is UTF-8 when all of it is", "[utf8]") {
  CHECK(base::is_utf8(""));
  CHECK(base::is_utf8("aä世😀"));
  CHECK_FALSE(base::is_utf8("aä世\xFF"));
  CHECK_FALSE(base::is_utf8("\xE4"));
}

}  // namespace utf8_test
