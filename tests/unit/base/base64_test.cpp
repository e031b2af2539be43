#include "base/base64.h"

#include <random>

#include <catch2/catch.hpp>

namespace base64_test {

using base::base64_decode;
using base::base64_encode;

TEST_CASE("the examples of RFC 4648 §10 are written", "[base64]") {
  CHECK(base64_encode("") == "");
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("foo") == "Zm9v");
  CHECK(base64_encode("foob") == "Zm9vYg==");
  CHECK(base64_encode("fooba") == "Zm9vYmE=");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(base64_encode("\xFB\xFF\xBF") == "+/+/");
}

TEST_CASE("any bytes come back", "[base64]") {
  std::mt19937 random(4648);
  for (std::size_t length = 0; length < 200; ++length) {
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() & 0xFF);
    REQUIRE(base64_decode(base64_encode(bytes)) == bytes);
  }
}

TEST_CASE("missing, surplus or misplaced padding is refused", "[base64]") {
  for (const char* text : {"Zg", "Zg=", "Zm8", "Zm9v=", "Zm9v==", "Zm9v===", "Zm9v====", "=",
                           "==", "====", "Z===", "Zg==Zg==", "Z=g="}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("characters outside the alphabet are refused", "[base64]") {
  for (const char* text : {"Zm9-", "Zm9_", "Zm 9", "Zm9v\n", "Zm9\xC3", "Zm9v Zg=", "Zm\r\n"}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
}

TEST_CASE("bits that stand for nothing must be zero", "[base64]") {
  CHECK_FALSE(base64_decode("Zh=="));
  CHECK_FALSE(base64_decode("Zm9="));
}

}  // namespace base64_test
