#include "tests/unit/tools/schema/support.h"

namespace tools::schema::compile_test {

TEST_CASE("a schema is an object or a boolean", "[schema]") {
  CHECK(refusal("[]") == "#: expected a schema: an object or a boolean");
  CHECK(refusal(R"({"properties":{"a":5}})") ==
        "#/properties/a: expected a schema: an object or a boolean");
}

TEST_CASE("an unknown keyword is ignored", "[schema]") {
  CHECK(accepts(R"({"x-unit":"EUR","nullable":17})", "1"));
}

TEST_CASE("format is an annotation", "[schema]") {
  CHECK(accepts(R"({"format":"email"})", R"("nobody")"));
}

TEST_CASE("a keyword whose value is of the wrong type is refused at its place", "[schema]") {
  CHECK(refusal(R"({"type":"text"})") == "#/type: expected the name of a type, or a list of such");
  CHECK(refusal(R"({"type":["string",1]})") == "#/type: expected a list of type names");
  CHECK(refusal(R"({"type":[]})") == "#/type: expected the name of a type, or a list of such");
  CHECK(refusal(R"({"enum":"a"})") == "#/enum: expected a list of values");
  CHECK(refusal(R"({"maximum":"1"})") == "#/maximum: expected a number");
  CHECK(refusal(R"({"multipleOf":0})") == "#/multipleOf: expected a number above 0");
  CHECK(refusal(R"({"multipleOf":-1})") == "#/multipleOf: expected a number above 0");
  CHECK(refusal(R"({"minLength":-1})") == "#/minLength: expected an integer from 0 up");
  CHECK(refusal(R"({"maxItems":1.5})") == "#/maxItems: expected an integer from 0 up");
  CHECK(refusal(R"({"minProperties":"1"})") == "#/minProperties: expected an integer from 0 up");
  CHECK(refusal(R"({"maxContains":null})") == "#/maxContains: expected an integer from 0 up");
  CHECK(refusal(R"({"uniqueItems":"yes"})") == "#/uniqueItems: expected a boolean");
  CHECK(refusal(R"({"pattern":1})") == "#/pattern: expected a regular expression");
  CHECK(refusal(R"({"properties":[]})") == "#/properties: expected an object");
  CHECK(refusal(R"({"allOf":{}})") == "#/allOf: expected a list of schemas that is not empty");
  CHECK(refusal(R"({"anyOf":[]})") == "#/anyOf: expected a list of schemas that is not empty");
  CHECK(refusal(R"({"items":[true]})") == "#/items: expected a schema: an object or a boolean");
}

TEST_CASE("lists of property names hold strings alone", "[schema]") {
  CHECK(refusal(R"({"properties":{"a":{"required":true}}})") ==
        "#/properties/a/required: expected a list of property names");
  CHECK(refusal(R"({"required":[1]})") == "#/required: expected a list of property names");
  CHECK(refusal(R"({"dependentRequired":{"a":"b"}})") ==
        "#/dependentRequired: expected lists of property names");
  CHECK(refusal(R"({"dependencies":{"a":[1]}})") ==
        "#/dependencies: expected lists of property names");
}

TEST_CASE("a reference that does not resolve in the document is refused at its place", "[schema]") {
  CHECK(refusal(R"({"properties":{"a":{"$ref":"#/$defs/none"}}})") ==
        "#/properties/a/$ref: \"#/$defs/none\" is not in this document, and nothing is fetched");
  for (const auto* const schema :
       {R"({"$ref":"http://169.254.169.254/"})", R"({"$ref":"other.json"})",
        R"({"$ref":"#nowhere"})", R"({"$ref":"#/allOf/01"})", R"({"$ref":"#/%zz"})",
        R"({"$ref":"#/a~2"})", R"({"$dynamicRef":"#none"})"})
    CHECK_FALSE(Schema::compile(json(schema)).ok());
}

TEST_CASE("a reference that is no string is refused", "[schema]") {
  CHECK(refusal(R"({"$ref":1})") == "#/$ref: expected a URI reference");
}

TEST_CASE("a reference may point to any place that holds a schema", "[schema]") {
  const auto* const schema =
      R"({"$ref":"#/x-shared/list/0","x-shared":{"list":[{"type":"null"}]}})";
  CHECK(accepts(schema, "null"));
  CHECK_FALSE(accepts(schema, "1"));
}

TEST_CASE("a reference to what is no schema is refused", "[schema]") {
  CHECK(refusal(R"({"$ref":"#/title","title":"x"})") ==
        "#/title: expected a schema: an object or a boolean");
}

TEST_CASE("definitions serve drafts before and after their renaming", "[schema]") {
  const auto* const schema = R"({"definitions":{"a":{"type":"null"}},"$ref":"#/definitions/a"})";
  CHECK(accepts(schema, "null"));
  CHECK_FALSE(accepts(schema, "1"));
}

TEST_CASE("a schema names its draft or is of 2020-12", "[schema]") {
  CHECK(accepts(R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})", "1"));
  CHECK(accepts(R"({"$schema":"http://json-schema.org/draft-07/schema#"})", "1"));
  CHECK(accepts(R"({"$schema":"http://json-schema.org/draft-07/schema"})", "1"));
}

TEST_CASE("a draft that is not supported is refused", "[schema]") {
  CHECK(refusal(R"({"$schema":"http://json-schema.org/draft-03/schema#"})") ==
        "#/$schema: \"http://json-schema.org/draft-03/schema#\" is not supported");
  CHECK(refusal(R"({"$schema":7})") == "#/$schema: expected a string");
  CHECK(refusal(R"({"$schema":"ftp://json-schema.org/draft-07/schema#"})") ==
        "#/$schema: \"ftp://json-schema.org/draft-07/schema#\" is not supported");
}

TEST_CASE("a subschema cannot be of another draft unless it has an identifier", "[schema]") {
  CHECK(refusal(R"({"not":{"$schema":"http://json-schema.org/draft-07/schema#"}})") ==
        "#/not/$schema: a subschema without $id cannot be of another draft");
}

TEST_CASE("what draft-07 writes as a list of items is a tuple there", "[schema]") {
  const auto* const schema = R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "items":[{"type":"string"}],"additionalItems":{"type":"null"}})";
  CHECK(accepts(schema, R"(["a",null])"));
  CHECK_FALSE(accepts(schema, R"(["a","b"])"));
}

TEST_CASE("in draft-07 a reference hides what stands beside it", "[schema]") {
  const auto* const schema = R"({"$schema":"http://json-schema.org/draft-07/schema#",
    "$ref":"#/definitions/a","type":"string","definitions":{"a":{"type":"null"}}})";
  CHECK(accepts(schema, "null"));
}

TEST_CASE("two subschemas cannot have one name", "[schema]") {
  CHECK(refusal(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})") ==
        "#/$defs/b/$anchor: two subschemas are called \"x\"");
  CHECK(refusal(R"({"$defs":{"a":{"$id":"x:y"},"b":{"$id":"x:y"}}})") ==
        "#/$defs/b/$id: two subschemas are called \"x:y\"");
}

TEST_CASE("identifiers are strings of their form", "[schema]") {
  CHECK(refusal(R"({"$id":1})") == "#/$id: expected a string");
  CHECK(refusal(R"({"$id":"http://x/#frag"})") == "#/$id: a fragment is not allowed");
  CHECK(refusal(R"({"$anchor":1})") == "#/$anchor: expected a string");
  CHECK(refusal(R"({"$anchor":"a/b"})") == "#/$anchor: expected a name as an anchor has it");
}

TEST_CASE("a long identifier is refused", "[schema]") {
  base::Json schema = {{"$id", std::string(3'000, 'a')}};
  const auto result = Schema::compile(schema);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == base::Code::limit);
}

TEST_CASE("a pattern that cannot be expressed exactly is refused at its place", "[schema]") {
  CHECK(refusal(R"({"properties":{"a":{"pattern":"(?=x)b"}}})") ==
        "#/properties/a/pattern: the pattern uses look-ahead, which is not supported");
  CHECK(refusal(R"({"patternProperties":{"(a)\\1":true}})") ==
        "#/patternProperties: the pattern uses a back-reference, which is not supported");
}

TEST_CASE("a schema does not refer to the document it was compiled from", "[schema]") {
  auto document = json(R"({"enum":["a",{"b":1}],"pattern":"a","properties":{"b":{"const":1}}})");
  const auto schema = Schema::compile(document);
  document = nullptr;
  REQUIRE(schema.ok());
  CHECK(schema->validate(json(R"({"b":1})")).empty());
}

}  // namespace tools::schema::compile_test
