#include "tools/schema/number.h"

#include "tests/unit/tools/schema/support.h"

namespace tools::schema::number_test {
namespace {

bool is_multiple(std::string_view value, std::string_view divisor) {
  return is_multiple(to_decimal(json(value)), to_decimal(json(divisor)));
}

}  // namespace

TEST_CASE("decimals are multiples as they are written", "[schema]") {
  CHECK(is_multiple("0.07", "0.01"));
  CHECK(is_multiple("19.99", "0.01"));
  CHECK(is_multiple("-4.5", "1.5"));
  CHECK(is_multiple("1e20", "0.1"));
  CHECK_FALSE(is_multiple("0.075", "0.01"));
  CHECK_FALSE(is_multiple("35", "1.5"));
}

TEST_CASE("integers of 64 bits are multiples exactly", "[schema]") {
  CHECK(is_multiple("9223372036854775807", "7"));
  CHECK_FALSE(is_multiple("9223372036854775806", "7"));
  CHECK(is_multiple("18446744073709551615", "5"));
  CHECK(is_multiple("-9223372036854775808", "2"));
}

TEST_CASE("zero is a multiple of everything", "[schema]") {
  CHECK(is_multiple("0", "0.3"));
  CHECK(is_multiple("-0.0", "7"));
}

TEST_CASE("bounds beside 64-bit integers are exact", "[schema]") {
  CHECK_FALSE(accepts(R"({"maximum":9007199254740992})", "9007199254740993"));
  CHECK_FALSE(accepts(R"({"maximum":9007199254740992.0})", "9007199254740993"));
  CHECK(accepts(R"({"maximum":18446744073709551615})", "18446744073709551615"));
  CHECK_FALSE(accepts(R"({"maximum":18446744073709551614})", "18446744073709551615"));
  CHECK(accepts(R"({"minimum":-9223372036854775808})", "-9223372036854775808"));
}

TEST_CASE("a number without fraction is an integer", "[schema]") {
  CHECK(accepts(R"({"type":"integer"})", "1.0"));
  CHECK(accepts(R"({"type":"integer"})", "1e300"));
  CHECK_FALSE(accepts(R"({"type":"integer"})", "1.5"));
}

TEST_CASE("equal numbers hash alike however they are written", "[schema]") {
  CHECK(hash_number(json("1")) == hash_number(json("1.0")));
  CHECK(hash_number(json("-2")) == hash_number(json("-2.0")));
  CHECK(hash_number(json("0")) == hash_number(json("-0.0")));
  CHECK(hash_number(json("9223372036854775808")) == hash_number(json("9223372036854775808.0")));
  CHECK(hash_number(json("4611686018427387904")) != hash_number(json("4611686018427387905")));
}

}  // namespace tools::schema::number_test
