#include "base/number_text.h"

#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

namespace number_text_test {

namespace {

bool kept(const std::string& text) {
  return base::double_keeps(text, std::strtod(text.c_str(), nullptr));
}

}  // namespace

TEST_CASE("decimals of up to fifteen digits are kept", "[number_text]") {
  for (const char* text : {"0.1", "19.99", "123456789012345", "1.23456789012345e-200", "74612.1178",
                           "97873414435391000", "515983e15"}) {
    INFO(text);
    CHECK(kept(text));
  }
}

TEST_CASE("seventeen digits are kept when they are those of a double", "[number_text]") {
  CHECK(kept("0.30000000000000004"));
  CHECK(kept("1.7976931348623157e308"));
  CHECK(kept("2.2250738585072014e-308"));
}

TEST_CASE("digits that a double rounds away are noticed", "[number_text]") {
  for (const char* text : {"0.300000000000000041", "9007199254740993", "9007199254740993.0",
                           "0.1000000000000000055511151231257827", "12345678901234567.891"}) {
    INFO(text);
    CHECK_FALSE(kept(text));
  }
}

TEST_CASE("a number that underflows is not kept", "[number_text]") {
  CHECK_FALSE(kept("1e-400"));
  CHECK_FALSE(kept("1e-999999999999999999999999"));
  CHECK_FALSE(kept("4e-324"));
}

TEST_CASE("another way of writing the same number is kept", "[number_text]") {
  for (const char* text : {"1.0", "1.50", "0.00100", "100e-2", "1E+2", "1e-02", "-2.5", "0.0001e4",
                           "1000000000000000000000000.0", "10e-1", "0.10e1", "1.0e0000000000001"}) {
    INFO(text);
    CHECK(kept(text));
  }
}

TEST_CASE("zero is kept with any exponent", "[number_text]") {
  for (const char* text : {"0", "-0", "0.000", "0e5", "0e999999999999999999999", "-0.0E-99"}) {
    INFO(text);
    CHECK(kept(text));
  }
}

TEST_CASE("zeros between digits count, zeros around them do not", "[number_text]") {
  CHECK_FALSE(base::double_keeps("1001", 11));
  CHECK_FALSE(base::double_keeps("101", 1001));
  CHECK_FALSE(base::double_keeps("10", 1));
  CHECK_FALSE(base::double_keeps("0.01", 0.1));
  CHECK(kept("0" + std::string(500, '0') + "1" + std::string(200, '0') + ".0"));
}

TEST_CASE("an exponent beyond any integer does not overflow", "[number_text]") {
  CHECK_FALSE(base::double_keeps("1e" + std::string(100'000, '9'), 1.0));
  CHECK_FALSE(base::double_keeps("1e-" + std::string(100'000, '9'), 1.0));
}

TEST_CASE("an integer is written without point and exponent", "[number_text]") {
  CHECK(base::is_integer_text("-12345"));
  CHECK_FALSE(base::is_integer_text("1.0"));
  CHECK_FALSE(base::is_integer_text("1e2"));
  CHECK_FALSE(base::is_integer_text("1E2"));
}

}  // namespace number_text_test
