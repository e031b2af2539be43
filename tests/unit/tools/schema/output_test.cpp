#include "tests/unit/tools/schema/support.h"

namespace tools::schema::output_test {
namespace {

base::Json output(std::string_view schema, std::string_view instance, OutputFormat format) {
  return compiled(schema).output(json(instance), format);
}

constexpr std::string_view polygon = R"({"$id":"https://example.test/polygon",
  "$defs":{"point":{"type":"object","properties":{"x":{"type":"number"},"y":{"type":"number"}},
    "additionalProperties":false,"required":["x","y"]}},
  "type":"array","items":{"$ref":"#/$defs/point"},"minItems":3})";

}  // namespace

TEST_CASE("the output flag is the verdict alone", "[schema]") {
  CHECK(output(polygon, "[]", OutputFormat::flag) == json(R"({"valid":false})"));
  CHECK(output("true", "[]", OutputFormat::flag) == json(R"({"valid":true})"));
}

// The example of Core §12.4, as far as violations are concerned.
TEST_CASE("the basic output is a list of violations with both locations", "[schema]") {
  CHECK(output(polygon, R"([{"x":2.5,"y":1.3},{"x":1,"z":6.7}])", OutputFormat::basic) ==
        json(R"({"valid":false,"errors":[
    {"valid":false,"keywordLocation":"/minItems",
     "absoluteKeywordLocation":"https://example.test/polygon#/minItems","instanceLocation":"",
     "error":"expected at least 3 items, found an array of 2 items"},
    {"valid":false,"keywordLocation":"/items/$ref/additionalProperties",
     "absoluteKeywordLocation":"https://example.test/polygon#/$defs/point/additionalProperties",
     "instanceLocation":"/1",
     "error":"expected only properties named \"x\", \"y\", found property \"z\""},
    {"valid":false,"keywordLocation":"/items/$ref/required",
     "absoluteKeywordLocation":"https://example.test/polygon#/$defs/point/required",
     "instanceLocation":"/1","error":"expected property \"y\", found missing"}]})"));
}

TEST_CASE("the detailed output is a tree whose branches part where violations do", "[schema]") {
  const auto tree =
      output(polygon, R"([{"x":2.5,"y":1.3},{"x":1,"z":6.7}])", OutputFormat::detailed);
  CHECK(tree["keywordLocation"] == "");
  REQUIRE(tree["errors"].size() == 2);
  CHECK(tree["errors"][0]["keywordLocation"] == "/minItems");
  CHECK(tree["errors"][1]["keywordLocation"] == "/items/$ref");
  CHECK(tree["errors"][1]["errors"].size() == 2);
  CHECK(output(R"({"properties":{"a":{"type":"null"}}})", R"({"a":1})", OutputFormat::detailed) ==
        json(R"({"valid":false,"keywordLocation":"/properties/a/type","instanceLocation":"/a",
                 "error":"expected null, found number 1"})"));
}

TEST_CASE("outputs tell the violations of every branch", "[schema]") {
  const auto basic = output(R"({"anyOf":[{"type":"null"},{"minLength":5}],"not":{"const":"a"}})",
                            "\"a\"", OutputFormat::basic);
  std::vector<std::string> locations;
  for (const auto& error : basic["errors"]) locations.push_back(error["keywordLocation"]);
  CHECK(locations ==
        std::vector<std::string>{"/anyOf", "/anyOf/0/type", "/anyOf/1/minLength", "/not"});
}

TEST_CASE("locations name keywords as the schema's draft does", "[schema]") {
  const auto location = [](std::string_view schema, std::string_view instance) {
    return output(schema, instance, OutputFormat::basic)["errors"][0]["keywordLocation"]
        .get<std::string>();
  };
  const std::string old = R"({"$schema":"http://json-schema.org/draft-07/schema#",)";
  CHECK(location(old + R"("items":[{"type":"null"}]})", "[1]") == "/items/0/type");
  CHECK(location(old + R"("items":[true],"additionalItems":{"type":"null"}})", "[1,1]") ==
        "/additionalItems/type");
  CHECK(location(old + R"("dependencies":{"a":["b"]}})", R"({"a":1})") == "/dependencies");
  CHECK(location(R"({"prefixItems":[true,{"type":"null"}]})", "[1,1]") == "/prefixItems/1/type");
  CHECK(location(R"({"if":true,"then":{"type":"null"}})", "1") == "/then/type");
  CHECK(location(R"({"properties":{"a/b":false}})", R"({"a/b":1})") == "/properties/a~1b");
  CHECK(location(R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})") ==
        "/propertyNames/maxLength");
  CHECK(location(R"({"unevaluatedProperties":{"type":"null"}})", R"({"ab":1})") ==
        "/unevaluatedProperties/type");
  CHECK(location(R"({"$defs":{"a":{"$anchor":"a","type":"null"}},"$dynamicRef":"#a"})", "1") ==
        "/$dynamicRef/type");
}

TEST_CASE("what was not decided is neither valid nor invalid", "[schema]") {
  ValidateLimits limits;
  limits.steps = 5;
  const auto schema = compiled(R"({"items":{"type":"integer"}})");
  CHECK(schema.decide(json("[1]"), limits) == Verdict::valid);
  CHECK(schema.decide(json("[null]"), limits) == Verdict::invalid);
  CHECK(schema.decide(json("[1,2,3,4,5,6]"), limits) == Verdict::undecided);
}

}  // namespace tools::schema::output_test
