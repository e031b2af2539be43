#include "tests/unit/tools/schema/support.h"

namespace tools::schema::violation_test {

using Lines = std::vector<std::string>;

TEST_CASE("a number that is too large is told the bound", "[schema]") {
  CHECK(lines(R"({"properties":{"amount":{"maximum":100}}})", R"({"amount":250})") ==
        Lines{"maximum /amount: expected at most 100, found 250"});
}

TEST_CASE("a number that misses a bound is told which one", "[schema]") {
  CHECK(lines(R"({"minimum":1.5})", "1") ==
        Lines{"minimum the whole value: expected at least 1.5, found 1"});
  CHECK(lines(R"({"exclusiveMinimum":1})", "1") ==
        Lines{"exclusiveMinimum the whole value: expected more than 1, found 1"});
  CHECK(lines(R"({"exclusiveMaximum":1})", "1") ==
        Lines{"exclusiveMaximum the whole value: expected less than 1, found 1"});
  CHECK(lines(R"({"multipleOf":0.5})", "0.7") ==
        Lines{"multipleOf the whole value: expected a multiple of 0.5, found 0.7"});
}

TEST_CASE("a missing property is named", "[schema]") {
  CHECK(lines(R"({"properties":{"a":{"required":["path"]}}})", R"({"a":{}})") ==
        Lines{R"(required /a: expected property "path", found missing)"});
}

TEST_CASE("every missing property is named", "[schema]") {
  CHECK(lines(R"({"required":["a","b"]})", "{}") ==
        Lines{R"(required the whole value: expected property "a", found missing)",
              R"(required the whole value: expected property "b", found missing)"});
}

TEST_CASE("a property that another one requires is named with it", "[schema]") {
  CHECK(lines(R"({"dependentRequired":{"card":["address"]}})", R"({"card":1})") ==
        Lines{"dependentRequired the whole value: expected property \"address\" beside \"card\", "
              "found missing"});
}

TEST_CASE("a property that is not allowed is named, and so are those that are", "[schema]") {
  CHECK(lines(R"({"properties":{"path":true,"mode":true},"additionalProperties":false})",
              R"({"pth":1})") ==
        Lines{"additionalProperties the whole value: expected only properties named \"mode\", "
              "\"path\", found property \"pth\""});
}

TEST_CASE("a property that is not for the reader is not among those that are named", "[schema]") {
  const auto schema = *tools::schema::Schema::compile(
      base::Json::parse(R"({"properties":{"path":true,"key":true},"additionalProperties":false})"));
  tools::schema::ValidateLimits limits;
  limits.untold = "key";
  CHECK(schema.validate({{"key", 1}}, limits).empty());
  const auto violations = schema.validate({{"pth", 1}}, limits);
  REQUIRE(violations.size() == 1);
  CHECK(violations[0].expected == "only properties named \"path\"");
}

TEST_CASE("an unevaluated property is named", "[schema]") {
  CHECK(lines(R"({"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false})",
              R"({"a":1,"b":2})") ==
        Lines{"unevaluatedProperties the whole value: expected no properties but those that the "
              "schema describes, found property \"b\""});
}

TEST_CASE("a value of the wrong type is told both types", "[schema]") {
  CHECK(lines(R"({"type":["string","null"]})", "5") ==
        Lines{"type the whole value: expected string or null, found number 5"});
  CHECK(lines(R"({"type":"integer"})", "1.5") ==
        Lines{"type the whole value: expected integer, found number 1.5"});
  CHECK(lines(R"({"type":"object"})", R"("{}")") ==
        Lines{R"(type the whole value: expected object, found string "{}")"});
}

TEST_CASE("a value outside an enumeration is told its members", "[schema]") {
  CHECK(lines(R"({"enum":["asc","desc",null]})", R"("up")") ==
        Lines{R"(enum the whole value: expected one of "asc", "desc", null, found "up")"});
}

TEST_CASE("a pattern that does not match is shown", "[schema]") {
  CHECK(lines(R"({"pattern":"^[a-z]+$"})", R"("A")") ==
        Lines{R"(pattern the whole value: expected a string that matches ^[a-z]+$, found "A")"});
}

TEST_CASE("a string of the wrong length is told its length", "[schema]") {
  CHECK(lines(R"({"maxLength":2})", R"("äöü")") ==
        Lines{R"(maxLength the whole value: expected at most 2 characters, found 3: "äöü")"});
}

TEST_CASE("items are addressed by their index", "[schema]") {
  CHECK(lines(R"({"items":{"properties":{"a/b":{"type":"null"}}}})", R"([{},{"a/b":1}])") ==
        Lines{"type /1/a~1b: expected null, found number 1"});
}

TEST_CASE("equal items are named by their indices", "[schema]") {
  CHECK(lines(R"({"uniqueItems":true})", "[1,2,1.0]") ==
        Lines{"uniqueItems the whole value: expected items that all differ, found equal items at 0 "
              "and 2"});
}

TEST_CASE("a tuple that is too long is told its length", "[schema]") {
  CHECK(lines(R"({"prefixItems":[true],"items":false})", "[1,2]") ==
        Lines{"items the whole value: expected at most 1 item, found 2 items"});
}

TEST_CASE("too few items that `contains` describes are counted", "[schema]") {
  CHECK(lines(R"({"contains":{"type":"null"},"minContains":2})", "[1,null]") ==
        Lines{"minContains the whole value: expected at least 2 items as `contains` describes, "
              "found 1 of 2"});
}

TEST_CASE("a property name that is refused says why", "[schema]") {
  CHECK(lines(R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})") ==
        Lines{R"(propertyNames the whole value: expected a property name: at most 1 character, )"
              R"(found "ab")"});
}

TEST_CASE("alternatives that differ in type alone make one line", "[schema]") {
  CHECK(lines(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "5") ==
        Lines{"anyOf the whole value: expected string or null, found 5"});
}

TEST_CASE("alternatives that are constants make one line", "[schema]") {
  CHECK(lines(R"({"oneOf":[{"const":"a"},{"const":"b"}]})", R"("c")") ==
        Lines{R"(oneOf the whole value: expected "a" or "b", found "c")"});
}

TEST_CASE("of several alternatives the one of the same kind is reported", "[schema]") {
  const auto* const schema = R"({"oneOf":[
    {"properties":{"kind":{"const":"file"},"path":{"type":"string"}},"required":["kind","path"]},
    {"properties":{"kind":{"const":"url"},"url":{"type":"string"},"ttl":{"type":"integer"}},
     "required":["kind","url"]}]})";
  CHECK(lines(schema, R"({"kind":"url","ttl":"x"})") ==
        Lines{"oneOf the whole value: expected one of 2 alternatives, the closest is number 2, "
              "found an object with 2 properties",
              R"(type /ttl: expected integer, found string "x")",
              R"(required the whole value: expected property "url", found missing)"});
}

TEST_CASE("two alternatives that both match are named", "[schema]") {
  CHECK(lines(R"({"oneOf":[{"type":"string"},{"type":"number"},{"minimum":1}]})", "5") ==
        Lines{"oneOf the whole value: expected exactly one of 3 alternatives, found both number 2 "
              "and number 3"});
}

TEST_CASE("what must not match is shown", "[schema]") {
  CHECK(lines(R"({"not":{"type":"null"}})", "null") ==
        Lines{R"(not the whole value: expected a value that is not {"type":"null"}, found null)"});
}

TEST_CASE("all violations are reported, in the order of the instance", "[schema]") {
  CHECK(lines(R"({"properties":{"a":{"type":"null"},"b":{"type":"null"}}})", R"({"b":1,"a":2})") ==
        Lines{"type /b: expected null, found number 1", "type /a: expected null, found number 2"});
}

TEST_CASE("no more violations are reported than asked for", "[schema]") {
  const auto schema = compiled(R"({"items":{"type":"null"}})");
  ValidateLimits limits;
  limits.violations = 2;
  CHECK(schema.validate(json("[1,2,3,4]"), limits).size() == 2);
}

TEST_CASE("an invalid instance is not valid because no violation was asked for", "[schema]") {
  ValidateLimits limits;
  limits.violations = 0;
  CHECK(compiled("false").validate(json("1"), limits).size() == 1);
}

TEST_CASE("a long value is shortened between characters", "[schema]") {
  std::string text = "\"x";
  for (int i = 0; i < 100; ++i) text += "ä";
  const auto all = violations(R"({"type":"null"})", text + "\"");
  REQUIRE(all.size() == 1);
  CHECK(all[0].found.size() <= 80);
  CHECK(base::dump_json(all[0].found) ==
        "\"" + std::string(R"(string \"x)") + all[0].found.substr(9) + "\"");
}

TEST_CASE("a long list of alternatives is shortened", "[schema]") {
  std::string schema = R"({"enum":["a")";
  for (int i = 0; i < 1'000; ++i) schema += ",\"value " + std::to_string(i) + "\"";
  const auto all = violations(schema + "]}", "1");
  REQUIRE(all.size() == 1);
  CHECK(all[0].expected.size() <= 240);
}

}  // namespace tools::schema::violation_test
