#include "base/json.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

namespace json_test {

using base::Code;
using base::Json;
using base::parse_json;

namespace {

std::optional<Code> refusal(std::string_view text, const base::JsonLimits& limits = {}) {
  const auto parsed = parse_json(text, limits);
  return parsed ? std::nullopt : std::optional(parsed.error().code);
}

Json parsed(std::string_view text) { return parse_json(text).value().value; }

std::optional<std::string> inexact(std::string_view text) {
  return parse_json(text).value().inexact;
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

TEST_CASE("every kind of JSON value is read", "[json]") {
  const Json value = parsed(R"( {"a":[null,true,false,-1,18446744073709551615,1.5,"x"],"b":{}} )");
  CHECK(value["a"] == Json({nullptr, true, false, -1, 18446744073709551615u, 1.5, "x"}));
  CHECK(value["b"] == Json::object());
}

TEST_CASE("members keep the order in which they were written", "[json]") {
  CHECK(base::dump_json(parsed(R"({"z":1,"a":2,"m":{"y":3,"b":4}})")) ==
        R"({"z":1,"a":2,"m":{"y":3,"b":4}})");
}

TEST_CASE("an object keeps all members and values while it grows", "[json]") {
  std::string text = "{";
  for (int i = 0; i < 100; ++i)
    text += "\"key number " + std::to_string(i) + "\":[" + std::to_string(i) + "],";
  text.back() = '}';
  const Json value = parsed(text);
  REQUIRE(value.size() == 100);
  CHECK(base::dump_json(value) == text);
}

TEST_CASE("a string is read alike whether it is short or long", "[json]") {
  for (const std::size_t length : {0u, 15u, 16u, 512u, 513u, 100'000u}) {
    const std::string content(length, 'x');
    CHECK(parsed("[\"" + content + "\",\"y\"]") == Json({content, "y"}));
  }
}

TEST_CASE("an empty text is refused", "[json]") { CHECK(refusal("") == Code::invalid); }

TEST_CASE("blanks alone are refused", "[json]") { CHECK(refusal(" \n\t ") == Code::invalid); }

TEST_CASE("a byte order mark is refused", "[json]") {
  CHECK(refusal("\xEF\xBB\xBF{}") == Code::invalid);
}

TEST_CASE("what follows the document is refused", "[json]") {
  CHECK(refusal("{} x") == Code::invalid);
  CHECK(refusal("{}{}") == Code::invalid);
  CHECK(refusal("1 2") == Code::invalid);
}

TEST_CASE("a NUL byte does not end the document early", "[json]") {
  CHECK(refusal(std::string_view("{}\0garbage", 10)) == Code::invalid);
  CHECK(refusal(std::string_view("1\0", 2)) == Code::invalid);
}

TEST_CASE("bytes that are not UTF-8 are refused", "[json]") {
  CHECK(refusal("\"\xFF\"") == Code::invalid);
  CHECK(refusal("\"\xC0\xAF\"") == Code::invalid);
  CHECK(refusal("\"\xED\xA0\x80\"") == Code::invalid);
}

TEST_CASE("half a surrogate pair is refused", "[json]") {
  CHECK(refusal(R"("\ud800")") == Code::invalid);
  CHECK(refusal(R"("\udc00\ud800")") == Code::invalid);
}

TEST_CASE("comments, NaN and single quotes are refused", "[json]") {
  CHECK(refusal("/* */ {}") == Code::invalid);
  CHECK(refusal("NaN") == Code::invalid);
  CHECK(refusal("{'a':1}") == Code::invalid);
}

TEST_CASE("a parse error names the byte and repeats nothing of the input", "[json]") {
  const auto broken = parse_json(R"({"secret": hunter2})");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == "The text is not valid JSON at byte 12.");
  CHECK(broken.error().detail.empty());
}

TEST_CASE("two members of the same name are refused", "[json]") {
  CHECK(refusal(R"({"a":1,"a":1})") == Code::invalid);
  CHECK(refusal(R"([{"x":{"b":1,"c":2,"b":3}}])") == Code::invalid);
}

TEST_CASE("names that are equal once escapes are resolved are the same name", "[json]") {
  CHECK(refusal(R"({"a":1,"\u0061":2})") == Code::invalid);
}

TEST_CASE("the same name in different objects is no duplicate", "[json]") {
  CHECK_FALSE(refusal(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
}

TEST_CASE("a duplicate is found in an object of any size", "[json]") {
  for (const int size : {2, 16, 17, 18, 1000}) {
    std::string text = "{\"k0\":0";
    for (int i = 1; i < size; ++i) text += ",\"k" + std::to_string(i) + "\":0";
    CHECK_FALSE(refusal(text + "}"));
    CHECK(refusal(text + ",\"k0\":1}") == Code::invalid);
  }
}

TEST_CASE("depth is bounded for arrays and objects", "[json]") {
  const auto nested = [](std::string_view open, std::string_view close, std::size_t depth) {
    return repeated(open, depth) + "1" + repeated(close, depth);
  };
  CHECK_FALSE(refusal(nested("[", "]", 64)));
  CHECK(refusal(nested("[", "]", 65)) == Code::limit);
  CHECK_FALSE(refusal(nested("{\"a\":", "}", 64)));
  CHECK(refusal(nested("{\"a\":", "}", 65)) == Code::limit);
}

TEST_CASE("closed containers do not count towards depth", "[json]") {
  CHECK_FALSE(refusal("[" + repeated("[[]],", 1000) + "1]"));
}

TEST_CASE("the number of values is bounded, containers included", "[json]") {
  const base::JsonLimits three{.values = 3};
  CHECK_FALSE(refusal("[1,2]", three));
  CHECK(refusal("[1,2,3]", three) == Code::limit);
  CHECK(refusal("[[],[],[]]", three) == Code::limit);
  CHECK(refusal(R"({"a":{"b":{"c":{}}}})", three) == Code::limit);
  CHECK(refusal(R"([null,true,""])", three) == Code::limit);
  CHECK(refusal("[1,2,1.5]", three) == Code::limit);
  CHECK(refusal(R"([1,2,"x"])", three) == Code::limit);
  CHECK(refusal("[1,2,null]", three) == Code::limit);
  CHECK(refusal("[1,2,true]", three) == Code::limit);
  CHECK(refusal("[1,2,-1]", three) == Code::limit);
}

TEST_CASE("the length of a string is bounded in bytes", "[json]") {
  const base::JsonLimits four{.string = 4};
  CHECK_FALSE(refusal("\"abcd\"", four));
  CHECK(refusal("\"abcde\"", four) == Code::limit);
  CHECK(refusal("\"äöü\"", four) == Code::limit);
}

TEST_CASE("the length of a member name is bounded", "[json]") {
  CHECK_FALSE(refusal("{\"" + std::string(256, 'k') + "\":1}"));
  CHECK(refusal("{\"" + std::string(257, 'k') + "\":1}") == Code::limit);
}

TEST_CASE("the length of a number is bounded", "[json]") {
  CHECK_FALSE(refusal("0." + std::string(62, '1')));
  CHECK(refusal("0." + std::string(63, '1')) == Code::limit);
  CHECK(refusal("1" + std::string(64, '0')) == Code::limit);
  const base::JsonLimits four{.number = 4};
  CHECK_FALSE(refusal("[1234,-123]", four));
  CHECK(refusal("12345", four) == Code::limit);
  CHECK(refusal("-1234", four) == Code::limit);
}

TEST_CASE("a number too large for a double is refused", "[json]") {
  CHECK(refusal("1e400") == Code::limit);
  CHECK(refusal("-1e999999999999") == Code::limit);
}

TEST_CASE("64-bit integers are exact to their bounds", "[json]") {
  CHECK(parsed("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(parsed("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(inexact("[-9223372036854775808,18446744073709551615]"));
}

TEST_CASE("an integer beyond 64 bits is reported as inexact", "[json]") {
  CHECK(inexact("18446744073709551616") == "");
  CHECK(inexact("-9223372036854775809") == "");
  CHECK(inexact("10000000000000000000000") == "");
}

TEST_CASE("the pointer names the first inexact number", "[json]") {
  CHECK(inexact(R"({"a":[1,{"b/c~":[0.1,12345678901234567.891]}],"d":99999999999999999999})") ==
        "/a/1/b~1c~0/1");
}

TEST_CASE("of several inexact numbers the one inside what is sent on is named", "[json]") {
  const auto inside = [](std::string_view text) {
    return parse_json(text, {}, {"params", "arguments"}).value().inexact;
  };
  const std::string big = "12345678901234567890123";
  CHECK(inside(R"({"x":)" + big + R"(,"params":{"_meta":[)" + big + R"(],"arguments":{"n":[1,)" +
               big + "," + big + "]}}}") == "/params/arguments/n/1");
  CHECK(inside(R"({"params":{"arguments":{"a":)" + big + R"(}},"x":)" + big + "}") ==
        "/params/arguments/a");
  CHECK(inside(R"({"arguments":{"params":)" + big + "}}") == "/arguments/params");
  CHECK(inside("[[" + big + "]]") == "/0/0");
  CHECK(inside(big) == "");
}

TEST_CASE("a number that a double keeps is not reported", "[json]") {
  CHECK_FALSE(inexact("[0.1,1.50,1e22,5e-324,-0.0,0e999999999999,74612.1178]"));
}

TEST_CASE("negative zero is the integer zero unless it is written as a fraction", "[json]") {
  CHECK(base::dump_json(parsed("-0")) == "0");
  CHECK(base::dump_json(parsed("-0.0")) == "-0.0");
}

TEST_CASE("a member is found by its exact name, in objects only", "[json]") {
  const Json value{{"Name", 1}, {"name", "x"}};
  REQUIRE(base::find_member(value, "name") != nullptr);
  CHECK(*base::find_member(value, "name") == "x");
  CHECK(base::find_member(value, "NAME") == nullptr);
  CHECK(base::find_member(Json::array({1}), "name") == nullptr);
  CHECK(base::find_member(Json(), "name") == nullptr);
}

TEST_CASE("a string member is found only when it is a string", "[json]") {
  const Json value{{"text", "x"}, {"number", 1}};
  REQUIRE(base::find_string(value, "text") != nullptr);
  CHECK(*base::find_string(value, "text") == "x");
  CHECK(base::find_string(value, "number") == nullptr);
  CHECK(base::find_string(value, "absent") == nullptr);
}

TEST_CASE("tokens of a JSON Pointer are escaped", "[json]") {
  std::string pointer;
  base::append_pointer(pointer, "a/b");
  base::append_pointer(pointer, "m~n");
  base::append_pointer(pointer, "");
  CHECK(pointer == "/a~1b/m~0n/");
}

}  // namespace json_test
