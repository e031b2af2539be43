#include "tests/unit/tools/schema/support.h"
#include "tools/schema/metaschema.h"

namespace tools::schema::dialect_test {
namespace {

bool accepts_with(const CompileOptions& options, std::string_view schema,
                  std::string_view instance) {
  const auto compiled = Schema::compile(json(schema), options);
  INFO((compiled ? "" : compiled.error().message));
  REQUIRE(compiled.ok());
  return compiled->validate(json(instance)).empty();
}

std::string refusal_with(const CompileOptions& options, std::string_view schema) {
  const auto compiled = Schema::compile(json(schema), options);
  REQUIRE_FALSE(compiled.ok());
  return compiled.error().message;
}

}  // namespace

TEST_CASE("every published schema of a draft is there", "[schema]") {
  CHECK(metaschema_texts().size() == 18);
  for (const auto* const uri :
       {"http://json-schema.org/draft-04/schema", "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2019-09/meta/applicator",
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2020-12/meta/unevaluated"}) {
    CAPTURE(uri);
    CHECK(find_metaschema(uri) != nullptr);
    const base::Json schema{{"$ref", uri}};
    const auto metaschema = Schema::compile(schema);
    REQUIRE(metaschema.ok());
    CHECK(metaschema->validate(*find_metaschema(uri)).empty());
  }
}

TEST_CASE("the schema of a draft refuses what is no schema", "[schema]") {
  for (const auto* const uri :
       {"http://json-schema.org/draft-04/schema", "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema"})
    CHECK_FALSE(accepts(base::dump_json({{"$ref", uri}}), R"({"properties":{"a":{"type":1}}})"));
}

TEST_CASE("draft-04 says with a boolean whether a bound is excluded", "[schema]") {
  const auto* const schema = R"({"$schema":"http://json-schema.org/draft-04/schema#",
    "minimum":1,"exclusiveMinimum":true,"maximum":3,"exclusiveMaximum":false})";
  CHECK_FALSE(accepts(schema, "1"));
  CHECK(accepts(schema, "3"));
  CHECK(refusal(R"({"$schema":"http://json-schema.org/draft-04/schema#","exclusiveMinimum":1})") ==
        "#/exclusiveMinimum: expected a boolean");
}

TEST_CASE("draft-04 names schemas with `id`, and knows no `const`", "[schema]") {
  CHECK(accepts(R"({"$schema":"http://json-schema.org/draft-04/schema#","const":1,
    "definitions":{"a":{"id":"#here","type":"null"}},"allOf":[{"$ref":"#here"}]})",
                "null"));
}

TEST_CASE("draft-06 knows `const` and `contains` but no conditions", "[schema]") {
  const auto* const schema = R"({"$schema":"http://json-schema.org/draft-06/schema#",
    "contains":{"const":1},"if":true,"then":false})";
  CHECK(accepts(schema, "[1]"));
  CHECK_FALSE(accepts(schema, "[2]"));
}

TEST_CASE("a reference may lead to a document that was given", "[schema]") {
  Documents documents;
  documents.add("http://x.test/a.json",
                json(R"({"$defs":{"n":{"$anchor":"n","type":"null"}},"$ref":"b.json"})"));
  documents.add("http://x.test/b.json",
                json(R"({"$id":"http://y.test/b","type":["null","array"]})"));
  CompileOptions options;
  options.documents = &documents;
  for (const auto* const reference :
       {"http://x.test/a.json", "http://x.test/a.json#n", "http://x.test/a.json#/$defs/n"}) {
    const std::string schema = R"({"$ref":")" + std::string(reference) + "\"}";
    CHECK(accepts_with(options, schema, "null"));
    CHECK_FALSE(accepts_with(options, schema, "1"));
  }
  CHECK_FALSE(Schema::compile(json(R"({"$ref":"http://x.test/a.json"})")).ok());
  CHECK_FALSE(Schema::compile(json(R"({"$ref":"http://x.test/c.json"})"), options).ok());
}

TEST_CASE("what is wrong in a document that was given is named with that document", "[schema]") {
  Documents documents;
  documents.add("http://x.test/a", json(R"({"properties":{"b":{"type":1}}})"));
  CompileOptions options;
  options.documents = &documents;
  CHECK(refusal_with(options, R"({"$ref":"http://x.test/a"})") ==
        "http://x.test/a#/properties/b/type: expected the name of a type, or a list of such");
}

TEST_CASE("documents count toward the bound on subschemas", "[schema]") {
  CompileOptions options;
  options.limits.subschemas = 20;
  const auto refused =
      Schema::compile(json(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})"), options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == base::Code::limit);
}

TEST_CASE("a metaschema chooses vocabularies", "[schema]") {
  Documents documents;
  documents.add("http://x.test/core", json(R"({"$vocabulary":{
    "https://json-schema.org/draft/2020-12/vocab/core":true,
    "https://json-schema.org/draft/2020-12/vocab/applicator":true,"http://x.test/units":false},
    "$schema":"https://json-schema.org/draft/2020-12/schema"})"));
  documents.add("http://x.test/own", json(R"({"$vocabulary":{"http://x.test/units":true},
    "$schema":"https://json-schema.org/draft/2020-12/schema"})"));
  documents.add("http://x.test/loop", json(R"({"$schema":"http://x.test/loop"})"));
  CompileOptions options;
  options.documents = &documents;
  const auto* const schema =
      R"({"$schema":"http://x.test/core","minimum":5,"properties":{"a":false}})";
  CHECK(accepts_with(options, schema, "1"));
  CHECK_FALSE(accepts_with(options, schema, R"({"a":1})"));
  CHECK(
      refusal_with(options, R"({"$schema":"http://x.test/own"})") ==
      "#/$schema: \"http://x.test/own\" requires the vocabulary \"http://x.test/units\", which is "
      "not supported");
  CHECK(refusal_with(options, R"({"$schema":"http://x.test/loop"})") ==
        "#/$schema: \"http://x.test/loop\" is not supported");
}

TEST_CASE("formats assert when asked to, or when the metaschema says so", "[schema]") {
  CompileOptions options;
  options.assert_format = true;
  CHECK_FALSE(accepts_with(options, R"({"format":"ipv4"})", R"("1.2.3")"));
  CHECK(accepts_with(options, R"({"format":"ipv4"})", R"("1.2.3.4")"));
  CHECK(accepts_with(options, R"({"format":"ipv4"})", "5"));
  CHECK(accepts_with(options, R"({"format":"x-own"})", R"("anything")"));
  CHECK(refusal_with(options, R"({"format":4})") == "#/format: expected the name of a format");
  Documents documents;
  documents.add("http://x.test/formats", json(R"({"$vocabulary":{
    "https://json-schema.org/draft/2020-12/vocab/format-assertion":true},
    "$schema":"https://json-schema.org/draft/2020-12/schema"})"));
  CompileOptions by_schema;
  by_schema.documents = &documents;
  CHECK_FALSE(accepts_with(by_schema, R"({"$schema":"http://x.test/formats","format":"date"})",
                           R"("2026-02-30")"));
}

TEST_CASE("a format that is missed is told with an example", "[schema]") {
  CompileOptions options;
  options.assert_format = true;
  const auto schema = Schema::compile(json(R"({"format":"date"})"), options);
  const auto violations = schema->validate(json("\"tomorrow\""));
  REQUIRE(violations.size() == 1);
  CHECK(violations[0].expected == "a date such as 2026-01-31");
}

TEST_CASE("formats take hostile strings in one pass", "[schema][slow]") {
  CompileOptions options;
  options.assert_format = true;
  for (const auto* const name :
       {"date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
        "uri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer",
        "regex"}) {
    CAPTURE(name);
    const auto schema = Schema::compile(base::Json{{"format", name}}, options);
    REQUIRE(schema.ok());
    for (const std::string piece : {":", "a.", "/", "1", "((", "{a,", "%41", "\xCE\xB1", "P1D"}) {
      std::string text;
      while (text.size() < 500'000) text += piece;
      ValidateLimits limits;
      limits.steps = 10'000;  // 500 kB at 64 bytes a step
      CHECK(schema->validate(text, limits).size() <= 1);
    }
  }
}

}  // namespace tools::schema::dialect_test
