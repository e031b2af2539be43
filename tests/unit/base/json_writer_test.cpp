#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "base/json.h"
#include "base/number_text.h"

namespace json_writer_test {

using base::dump_json;
using base::Json;

TEST_CASE("a document is written compactly", "[json_writer]") {
  const Json value{{"a", {1, nullptr, true, false, {{"b", Json::array()}}}}, {"c", Json::object()}};
  CHECK(dump_json(value) == R"({"a":[1,null,true,false,{"b":[]}],"c":{}})");
}

TEST_CASE("a lone scalar is written", "[json_writer]") {
  CHECK(dump_json(nullptr) == "null");
  CHECK(dump_json("x") == R"("x")");
  CHECK(dump_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(dump_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("quotes, backslashes and control characters are escaped", "[json_writer]") {
  CHECK(dump_json(std::string("\"\\\b\f\n\r\t\x01\x1f\0/", 11)) ==
        R"("\"\\\b\f\n\r\t\u0001\u001f\u0000/")");
  CHECK(dump_json(Json{{"a\"b", 1}}) == R"({"a\"b":1})");
}

TEST_CASE("UTF-8 is written as it is", "[json_writer]") {
  CHECK(dump_json("aä世😀\x7f") == "\"aä世😀\x7f\"");
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD and lose nothing else", "[json_writer]") {
  CHECK(dump_json("a\xFF\"b") == "\"a\uFFFD\\\"b\"");
  CHECK(dump_json("\xE4\xB8") == "\"\uFFFD\uFFFD\"");
  CHECK(dump_json(Json{{"\xC3", 1}}) == "{\"\uFFFD\":1}");
}

TEST_CASE("a double is written with the digits it was read from", "[json_writer]") {
  for (const char* text : {"0.1", "74612.1178", "95859.87356", "5e-324", "1.7976931348623157e+308",
                           "0.000001", "9e-07", "100000.0", "-2.5", "5.15983e+20",
                           "9.7873414435391e+16", "9007199254740991.0", "9007199254740992.0"}) {
    const double value = std::strtod(text, nullptr);
    INFO(text);
    CHECK(std::strtod(dump_json(value).c_str(), nullptr) == value);
    CHECK(base::double_keeps(dump_json(value), std::strtod(text, nullptr)));
    CHECK(base::double_keeps(text, value));
  }
  CHECK(dump_json(74612.1178) == "74612.1178");
  CHECK(dump_json(0.000001) == "0.000001");
}

TEST_CASE("a double stays a float", "[json_writer]") {
  CHECK(dump_json(1.0) == "1.0");
  CHECK(dump_json(-0.0) == "-0.0");
  CHECK(dump_json(1e22) == "1e+22");
}

TEST_CASE("what no JSON number can say is null", "[json_writer]") {
  CHECK(dump_json(std::nan("")) == "null");
  CHECK(dump_json(std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("any double comes back from its text, exactly", "[json_writer]") {
  std::mt19937_64 random(20261120);
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const auto parsed = base::parse_json(dump_json(value));
    REQUIRE(parsed);
    REQUIRE(parsed->value.get<double>() == value);
    REQUIRE_FALSE(parsed->inexact);
  }
}

TEST_CASE("a document nested a hundred thousand deep is written without a deep stack",
          "[json_writer]") {
  constexpr std::size_t depth = 100'000;
  Json value = Json::array();
  for (std::size_t i = 1; i < depth; ++i) {
    Json outer = Json::array();
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  CHECK(dump_json(value) == std::string(depth, '[') + std::string(depth, ']'));
}

}  // namespace json_writer_test
