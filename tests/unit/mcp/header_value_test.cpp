#include "mcp/header_value.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

namespace header_value_test {

using base::Json;
using mcp::decode_header_value;
using mcp::encode_header_value;

namespace {

// Texts made of the pieces that the encoding cares about.
std::string random_text(std::mt19937& random) {
  constexpr std::array<std::string_view, 16> pieces{
      "a", "Z", " ", "\t", "\n", "\r", "=?base64?", "?=",
      "=", "?", "ä", "世", "😀",  "~",  "\x7f",      "=?BASE64?"};
  std::string text;
  for (auto left = random() % 8; left > 0; --left) text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace

TEST_CASE("the specification's examples are encoded as it says", "[header_value]") {
  CHECK(encode_header_value("Hello, 世界") == "=?base64?SGVsbG8sIOS4lueVjA==?=");
  CHECK(encode_header_value("=?base64?literal?=") == "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
  CHECK(encode_header_value("us-west1") == "us-west1");
}

TEST_CASE("printable ASCII stays as it is", "[header_value]") {
  for (const char* text :
       {"", "a b", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "=?base64?x", "x?=", "=?BASE64?eA==?="}) {
    CHECK(encode_header_value(text) == text);
    CHECK(decode_header_value(text) == text);
  }
}

TEST_CASE("surrounding blanks, control characters and other bytes are encoded", "[header_value]") {
  CHECK(encode_header_value(" x") == "=?base64?IHg=?=");
  CHECK(encode_header_value("x ") == "=?base64?eCA=?=");
  CHECK(encode_header_value("a\r\nb") == "=?base64?YQ0KYg==?=");
  CHECK(encode_header_value("a\tb") == "=?base64?YQli?=");
  CHECK(encode_header_value("\x7f") == "=?base64?fw==?=");
  CHECK(encode_header_value("ä") == "=?base64?w6Q=?=");
}

TEST_CASE("text that could be taken for the sentinel is encoded", "[header_value]") {
  for (const std::string_view text : {"=?base64?"
                                      "?=",
                                      "=?base64?=", "=?base64?eA==?="}) {
    CHECK(encode_header_value(text) != text);
    CHECK(decode_header_value(encode_header_value(text)) == text);
  }
}

TEST_CASE("a sentinel is decoded", "[header_value]") {
  CHECK(decode_header_value("=?base64?SGVsbG8sIOS4lueVjA==?=") == "Hello, 世界");
  CHECK(decode_header_value("=?base64?"
                            "?=") == "");
}

TEST_CASE("a payload that is not canonical base64 is refused", "[header_value]") {
  for (const char* value : {"=?base64?SGVsbG8?=", "=?base64?SGVsb!8=?=", "=?base64?Zh==?=",
                            "=?base64?Zg=?=", "=?base64?Zm9v====?=", "=?base64? ?="}) {
    INFO(value);
    CHECK_FALSE(decode_header_value(value));
  }
}

TEST_CASE("a payload that is not UTF-8 is refused", "[header_value]") {
  CHECK_FALSE(decode_header_value("=?base64?/w==?="));
}

TEST_CASE("without both markers, in lower case, a value is literal", "[header_value]") {
  for (const char* value :
       {"=?base64?SGVsbG8=", "SGVsbG8=?=", "=?Base64?SGVsbG8=?=", "=?base64?="}) {
    CHECK(decode_header_value(value) == value);
  }
}

TEST_CASE("any text comes back and its header form is printable", "[header_value]") {
  std::mt19937 random(2243);
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = random_text(random);
    const std::string value = encode_header_value(text);
    REQUIRE(decode_header_value(value) == text);
    REQUIRE(std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; }));
    REQUIRE_FALSE((value.starts_with(' ') || value.ends_with(' ')));
  }
}

TEST_CASE("strings, integers and booleans have a header text", "[header_value]") {
  CHECK(mcp::header_text_of("x y") == "x y");
  CHECK(mcp::header_text_of(-42) == "-42");
  CHECK(mcp::header_text_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(mcp::header_text_of(true) == "true");
  CHECK(mcp::header_text_of(false) == "false");
}

TEST_CASE("a whole number written as a fraction is an integer", "[header_value]") {
  CHECK(mcp::header_text_of(42.0) == "42");
  CHECK(mcp::header_text_of(-0.0) == "0");
  CHECK(mcp::header_text_of(9007199254740991.0) == "9007199254740991");
}

TEST_CASE("what cannot be mirrored has no header text", "[header_value]") {
  CHECK_FALSE(mcp::header_text_of(nullptr));
  CHECK_FALSE(mcp::header_text_of(1.5));
  CHECK_FALSE(mcp::header_text_of(9007199254740992.0));
  CHECK_FALSE(mcp::header_text_of(1e300));
  CHECK_FALSE(mcp::header_text_of(Json::array({1})));
  CHECK_FALSE(mcp::header_text_of(Json::object()));
}

}  // namespace header_value_test
