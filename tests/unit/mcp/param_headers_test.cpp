#include "mcp/param_headers.h"

#include <map>

#include <catch2/catch.hpp>

namespace param_headers_test {

using base::Json;

namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

std::optional<std::string_view> look_up(const void* fields, std::string_view name) {
  const auto& all = *static_cast<const Fields*>(fields);
  const auto field = all.find(name);
  return field == all.end() ? std::nullopt : std::optional<std::string_view>(field->second);
}

auto find(std::string_view schema) {
  return mcp::find_param_headers(base::parse_json(schema).value().value);
}

bool valid(std::string_view schema) { return find(schema).ok(); }

// A schema with one annotated property.
bool valid_property(const std::string& property) {
  return valid(R"({"type":"object","properties":{"p":)" + property + "}}");
}

const std::vector<mcp::ParamHeader> headers{{"Region", {"region"}},
                                            {"Limit", {"options", "limit"}}};

std::optional<std::string> mismatch(const Fields& fields, const char* arguments) {
  return mcp::param_header_mismatch(headers, base::parse_json(arguments).value().value, look_up,
                                    &fields);
}

}  // namespace

TEST_CASE("annotations are found with their paths, in the order of the schema", "[param_headers]") {
  const auto found = find(R"({"type":"object","properties":{
    "region":{"type":"string","x-mcp-header":"Region"},
    "plain":{"type":"string"},
    "options":{"type":"object","properties":{"limit":{"type":"integer","x-mcp-header":"Limit"}}},
    "dry":{"type":"boolean","x-mcp-header":"Dry-Run"}}})");
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK((*found)[0].name == "Region");
  CHECK((*found)[1].path == std::vector<std::string>{"options", "limit"});
  CHECK((*found)[2].name == "Dry-Run");
}

TEST_CASE("a schema without annotations has none", "[param_headers]") {
  CHECK(find(R"({"type":"object"})")->empty());
  CHECK(find("true")->empty());
  CHECK(find(R"({"properties":[1],"allOf":1,"$defs":[],"items":true})")->empty());
}

TEST_CASE("an annotation must be a header token", "[param_headers]") {
  for (const char* name : {R"("")", R"("a b")", R"("a:b")", R"("a\r\nb")", R"("ä")", "1", "null",
                           R"("a\u0000")", R"(["a"])"}) {
    INFO(name);
    CHECK_FALSE(valid_property(std::string(R"({"type":"string","x-mcp-header":)") + name + "}"));
  }
  CHECK(valid_property(R"({"type":"string","x-mcp-header":"!#$%&'*+-.^_`|~09azAZ"})"));
}

TEST_CASE("an annotation must be on a string, an integer or a boolean", "[param_headers]") {
  for (const char* type :
       {R"("number")", R"("object")", R"("array")", R"("null")", R"(["string","null"])", "1"}) {
    INFO(type);
    CHECK_FALSE(valid_property(std::string(R"({"x-mcp-header":"A","type":)") + type + "}"));
  }
  CHECK_FALSE(valid_property(R"({"x-mcp-header":"A"})"));
}

TEST_CASE("two annotations that differ in case alone are refused", "[param_headers]") {
  CHECK_FALSE(valid(R"({"properties":{"a":{"type":"string","x-mcp-header":"Name"},
                                      "b":{"type":"string","x-mcp-header":"nAME"}}})"));
}

TEST_CASE("an annotation that properties alone do not reach is refused", "[param_headers]") {
  const std::string annotated = R"({"type":"string","x-mcp-header":"A"})";
  for (const std::string keyword :
       {"items", "additionalItems", "contains", "additionalProperties", "unevaluatedItems",
        "unevaluatedProperties", "propertyNames", "contentSchema", "not", "if", "then", "else"}) {
    INFO(keyword);
    CHECK_FALSE(valid("{\"" + keyword + "\":" + annotated + "}"));
    CHECK_FALSE(valid("{\"" + keyword + "\":{\"properties\":{\"p\":" + annotated + "}}}"));
    CHECK_FALSE(valid("{\"properties\":{\"p\":{\"" + keyword + "\":" + annotated + "}}}"));
  }
  for (const std::string keyword : {"allOf", "anyOf", "oneOf", "prefixItems", "items"}) {
    INFO(keyword);
    CHECK_FALSE(valid("{\"" + keyword + "\":[true," + annotated + "]}"));
  }
  for (const std::string keyword :
       {"patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}) {
    INFO(keyword);
    CHECK_FALSE(valid("{\"" + keyword + "\":{\"x\":" + annotated + "}}"));
  }
}

TEST_CASE("an annotation on the root is refused", "[param_headers]") {
  CHECK_FALSE(valid(R"({"type":"string","x-mcp-header":"A"})"));
}

TEST_CASE("the name in data or as a property means nothing", "[param_headers]") {
  CHECK(find(R"({"default":{"x-mcp-header":"A"},"enum":[{"x-mcp-header":1}],
                 "examples":[{"x-mcp-header":"A B"}],"const":{"x-mcp-header":""},
                 "properties":{"x-mcp-header":{"type":"object"}}})")
            ->empty());
}

TEST_CASE("fields carry the encoded values, without absent and null ones", "[param_headers]") {
  const auto fields = mcp::param_header_fields(
      {{"A", {"a"}}, {"B", {"b"}}, {"C", {"c"}}, {"D", {"o", "d"}}, {"E", {"a", "deep"}}},
      {{"a", "世"}, {"b", nullptr}, {"o", {{"d", 5}}}});
  CHECK(fields == std::vector<std::pair<std::string, std::string>>{
                      {"Mcp-Param-A", "=?base64?5LiW?="}, {"Mcp-Param-D", "5"}});
}

TEST_CASE("an argument that cannot be mirrored has no field", "[param_headers]") {
  CHECK(mcp::param_header_fields({{"A", {"a"}}}, {{"a", Json::array({1})}}).empty());
}

TEST_CASE("fields that say what the arguments say agree", "[param_headers]") {
  CHECK_FALSE(mismatch({{"Mcp-Param-Region", "us"}, {"Mcp-Param-Limit", "5"}},
                       R"({"region":"us","options":{"limit":5}})"));
  CHECK_FALSE(mismatch({{"Mcp-Param-Region", "=?base64?5LiW?="}}, R"({"region":"世"})"));
  CHECK_FALSE(mismatch({}, "{}"));
  CHECK_FALSE(mismatch({{"Mcp-Param-Other", "x"}}, "{}"));
}

TEST_CASE("an argument without its header disagrees", "[param_headers]") {
  CHECK(mismatch({}, R"({"region":"us"})") == "The header Mcp-Param-Region is missing.");
}

TEST_CASE("a header without its argument disagrees", "[param_headers]") {
  CHECK(mismatch({{"Mcp-Param-Region", "us"}}, "{}") ==
        "The header Mcp-Param-Region has no argument.");
  CHECK(mismatch({{"Mcp-Param-Region", "null"}}, R"({"region":null})"));
  CHECK(mismatch({{"Mcp-Param-Limit", "1"}}, R"({"options":7})"));
}

TEST_CASE("a different value disagrees", "[param_headers]") {
  CHECK(mismatch({{"Mcp-Param-Region", "eu"}}, R"({"region":"us"})") ==
        "The header Mcp-Param-Region differs from its argument.");
  CHECK(mismatch({{"Mcp-Param-Region", "US"}}, R"({"region":"us"})"));
  CHECK(mismatch({{"Mcp-Param-Region", "us "}}, R"({"region":"us"})"));
}

TEST_CASE("a malformed header disagrees", "[param_headers]") {
  CHECK(mismatch({{"Mcp-Param-Region", "=?base64?dXM?="}}, R"({"region":"us"})") ==
        "The header Mcp-Param-Region is malformed.");
}

TEST_CASE("integers compare as numbers", "[param_headers]") {
  const auto limit = [](const char* field, const char* value) {
    return mismatch({{"Mcp-Param-Limit", field}},
                    (R"({"options":{"limit":)" + std::string(value) + "}}").c_str());
  };
  CHECK_FALSE(limit("42.0", "42"));
  CHECK_FALSE(limit("42", "42.0"));
  CHECK_FALSE(limit("4.2e1", "42"));
  CHECK(limit("43", "42"));
  CHECK(limit("42.5", "42"));
  CHECK(limit("42.00000000000000000001", "42"));
  CHECK(limit("042", "42"));
  CHECK(limit("\"42\"", "42"));
  CHECK(limit("", "42"));
  CHECK(limit("9007199254740993.0", "9007199254740992"));
}

TEST_CASE("a string of digits compares as text", "[param_headers]") {
  CHECK(mismatch({{"Mcp-Param-Region", "42.0"}}, R"({"region":"42"})"));
}

TEST_CASE("booleans are written in one way", "[param_headers]") {
  CHECK_FALSE(mismatch({{"Mcp-Param-Region", "true"}}, R"({"region":true})"));
  CHECK(mismatch({{"Mcp-Param-Region", "True"}}, R"({"region":true})"));
  CHECK(mismatch({{"Mcp-Param-Region", "1"}}, R"({"region":true})"));
}

TEST_CASE("an argument that cannot be mirrored is left to the schema", "[param_headers]") {
  CHECK_FALSE(mismatch({}, R"({"region":["us"]})"));
  CHECK(mismatch({{"Mcp-Param-Region", "us"}}, R"({"region":["us"]})"));
}

}  // namespace param_headers_test
