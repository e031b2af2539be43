#include "tests/unit/tools/schema/support.h"

namespace tools::schema::hostile_test {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string list_of(std::size_t count) {
  std::string text = "[0";
  for (std::size_t i = 1; i < count; ++i) text += "," + std::to_string(i);
  return text + "]";
}

base::Code limit_of(const base::Json& schema) {
  const auto result = Schema::compile(schema);
  REQUIRE_FALSE(result.ok());
  return result.error().code;
}

std::string only_keyword(const std::vector<Violation>& all) {
  REQUIRE(all.size() == 1);
  return all[0].keyword;
}

// Each level applies the next one twice.
std::string doubling(int levels, std::string_view keyword) {
  std::string schema = R"({"$ref":"#/$defs/a0","$defs":{)";
  for (int i = 0; i < levels; ++i) {
    const std::string next = R"({"$ref":"#/$defs/a)" + std::to_string(i + 1) + "\"}";
    schema += "\"a" + std::to_string(i) + R"(":{")" + std::string(keyword) + "\":[" + next + "," +
              next + "]},";
  }
  return schema + "\"a" + std::to_string(levels) + R"(":{"type":"string"}}})";
}

}  // namespace

TEST_CASE("a schema that is a reference to itself is refused", "[schema]") {
  CHECK(refusal(R"({"$ref":"#"})") ==
        "#: this schema applies itself to the same value without end");
}

TEST_CASE("schemas that apply each other to one value are refused", "[schema]") {
  for (const auto* const schema :
       {R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
        R"({"allOf":[{"anyOf":[{"$ref":"#"}]}]})", R"({"oneOf":[true,{"$ref":"#"}]})",
        R"({"not":{"$ref":"#"}})", R"({"if":true,"then":{"$ref":"#"}})", R"({"if":{"$ref":"#"}})",
        R"({"if":true,"else":{"$ref":"#"}})", R"({"dependentSchemas":{"a":{"$ref":"#"}}})"})
    CHECK_FALSE(Schema::compile(json(schema)).ok());
}

TEST_CASE("a schema may apply itself to a part of the value", "[schema]") {
  const auto* const schema = R"({"type":"object","additionalProperties":{"$ref":"#"}})";
  CHECK(accepts(schema, R"({"a":{"b":{}}})"));
  CHECK_FALSE(accepts(schema, R"({"a":{"b":1}})"));
}

TEST_CASE("a dynamic reference that leads to itself ends as a violation", "[schema]") {
  CHECK(only_keyword(violations(R"({"$dynamicAnchor":"a","$dynamicRef":"#a"})", "1")) == "$ref");
}

TEST_CASE("more references than allowed without descending are a violation", "[schema]") {
  const auto schema = compiled(
      R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/c"},"c":{}}})");
  ValidateLimits limits;
  limits.ref_hops = 3;
  CHECK(schema.validate(json("1"), limits).empty());
  limits.ref_hops = 2;
  CHECK(only_keyword(schema.validate(json("1"), limits)) == "$ref");
}

TEST_CASE("references count anew for each part of the value", "[schema]") {
  const auto schema = compiled(R"({"items":{"$ref":"#"}})");
  ValidateLimits limits;
  limits.ref_hops = 1;
  CHECK(schema.validate(json("[[[[[]]]]]"), limits).empty());
}

TEST_CASE("shared definitions that double the work run out of steps", "[schema]") {
  CHECK(only_keyword(violations(doubling(30, "allOf"), "\"a\"")) == "steps");
  CHECK(only_keyword(violations(doubling(30, "anyOf"), "1")) == "steps");
  CHECK(only_keyword(violations(doubling(30, "oneOf"), "\"a\"")) == "steps");
}

TEST_CASE("`not` does not turn exhausted steps into success", "[schema]") {
  const auto schema = compiled(R"({"not":{"items":{"type":"integer"}}})");
  ValidateLimits limits;
  limits.steps = 10;
  CHECK(only_keyword(schema.validate(json(list_of(20)), limits)) == "steps");
}

TEST_CASE("every item costs a step", "[schema]") {
  const auto schema = compiled(R"({"items":{"type":"integer"}})");
  ValidateLimits limits;
  limits.steps = 101;
  CHECK(schema.validate(json(list_of(100)), limits).empty());
  CHECK(only_keyword(schema.validate(json(list_of(101)), limits)) == "steps");
}

TEST_CASE("every member costs a step even without a schema of its own", "[schema]") {
  const auto schema = compiled(R"({"required":["b"]})");
  ValidateLimits limits;
  limits.steps = 2;
  CHECK(only_keyword(schema.validate(json(R"({"a":1,"b":2})"), limits)) == "steps");
}

TEST_CASE("a pattern that would take exponential time with backtracking does not", "[schema]") {
  const std::string text = "\"" + repeated("a", 50'000) + "!\"";
  CHECK(only_keyword(violations(R"({"pattern":"^(a+)+$"})", text)) == "pattern");
}

TEST_CASE("a large pattern on a long text runs out of steps", "[schema]") {
  const std::string text = "\"" + repeated("ab", 100'000) + "\"";
  CHECK(only_keyword(violations(R"({"pattern":"[ab]*a[ab]{300}c"})", text)) == "steps");
}

TEST_CASE("uniqueItems looks at many items without comparing all pairs", "[schema]") {
  base::Json items = base::Json::array();
  for (int i = 0; i < 100'000; ++i) items.push_back(i);
  const auto schema = compiled(R"({"uniqueItems":true})");
  CHECK(schema.validate(items).empty());
  items[99'999] = 0.0;
  CHECK(only_keyword(schema.validate(items)) == "uniqueItems");
}

TEST_CASE("more subschemas than allowed are refused", "[schema]") {
  base::Json branches = base::Json::array();
  for (int i = 0; i < 100'000; ++i) branches.push_back(true);
  CHECK(limit_of({{"oneOf", branches}}) == base::Code::limit);
}

TEST_CASE("more values than one schema needs are refused", "[schema]") {
  base::Json values = base::Json::array();
  for (int i = 0; i < 20'000; ++i) values.push_back(i);
  CHECK(limit_of({{"enum", values}}) == base::Code::limit);
}

TEST_CASE("subschemas that are nested too deeply are refused", "[schema]") {
  const auto nested = [](std::size_t levels) {
    return json(repeated(R"({"not":)", levels) + "true" + repeated("}", levels));
  };
  CHECK(Schema::compile(nested(32)).ok());
  CHECK(limit_of(nested(33)) == base::Code::limit);
}

TEST_CASE("a pattern that is too long is refused", "[schema]") {
  CHECK(limit_of({{"pattern", std::string(4'097, 'a')}}) == base::Code::limit);
}

TEST_CASE("more different patterns than one schema needs are refused", "[schema]") {
  base::Json patterns = base::Json::object();
  for (int i = 0; i < 200; ++i) patterns["a" + std::to_string(i)] = true;
  CHECK(limit_of({{"patternProperties", patterns}}) == base::Code::limit);
}

TEST_CASE("patterns that are too large together are refused", "[schema]") {
  base::Json patterns = base::Json::object();
  for (int i = 0; i < 20; ++i) patterns["x[a-c\\u1234]{1000}" + std::to_string(i)] = true;
  CHECK(limit_of({{"patternProperties", patterns}}) == base::Code::limit);
}

TEST_CASE("a value in `const` that is nested too deeply is refused", "[schema]") {
  base::Json value = 1;
  for (int i = 0; i < 200; ++i) value = base::Json::array({value});
  CHECK(limit_of({{"const", value}}) == base::Code::limit);
}

TEST_CASE("an instance that is nested too deeply is a violation", "[schema]") {
  base::Json value = base::Json::array();
  for (int i = 0; i < 2'000; ++i) value = base::Json::array({std::move(value)});
  CHECK(only_keyword(compiled(R"({"items":{"$ref":"#"}})").validate(value)) == "depth");
  CHECK(only_keyword(compiled(R"({"const":[[1]]})").validate(value)) == "depth");
}

TEST_CASE("recursion through objects and alternatives ends before the stack does", "[schema]") {
  base::Json value = 1;
  for (int i = 0; i < 1'000; ++i) value = base::Json::object({{"a", std::move(value)}});
  const auto schema = compiled(
      R"({"type":"object","patternProperties":{"^a$":{"anyOf":[{"allOf":[{"$ref":"#"}]}]}}})");
  CHECK(only_keyword(schema.validate(value)) == "depth");
}

TEST_CASE("counts beyond all sizes are bounds that are never met or always", "[schema]") {
  CHECK_FALSE(accepts(R"({"minLength":1000000000000000000})", "\"a\""));
  CHECK_FALSE(accepts(R"({"minLength":1e300})", "\"a\""));
  CHECK(accepts(R"({"maxItems":1e300})", "[]"));
}

TEST_CASE("the smallest divisors and the largest numbers meet exactly", "[schema]") {
  CHECK(accepts(R"({"multipleOf":1e-308})", "1e308"));
  CHECK(accepts(R"({"multipleOf":1e-308})", "3e-308"));
  CHECK_FALSE(accepts(R"({"multipleOf":3e-308})", "1e308"));
  CHECK_FALSE(accepts(R"({"multipleOf":1e308})", "1"));
}

TEST_CASE("an object with very many members is looked up member by member", "[schema]") {
  std::string schema = R"({"properties":{)";
  for (int i = 0; i < 1'000; ++i) schema += "\"p" + std::to_string(i) + "\":true,";
  base::Json instance = base::Json::object();
  auto& members = instance.get_ref<base::Json::object_t&>();
  for (int i = 0; i < 100'000; ++i) members.emplace_back("m" + std::to_string(i), i);
  CHECK(compiled(schema + R"("q":true},"required":["p999"]})").validate(instance).size() == 1);
}

TEST_CASE("unevaluatedProperties under many branches is bounded in steps", "[schema]") {
  std::string schema = R"({"unevaluatedProperties":false,"anyOf":[true)";
  schema += repeated(",true", 1'500) + "]}";
  base::Json instance = base::Json::object();
  auto& members = instance.get_ref<base::Json::object_t&>();
  for (int i = 0; i < 20'000; ++i) members.emplace_back("m" + std::to_string(i), i);
  CHECK(only_keyword(compiled(schema).validate(instance)) == "steps");
}

TEST_CASE("a member named twice does not stand for another that is required", "[schema]") {
  base::Json instance = base::Json::object();
  auto& members = instance.get_ref<base::Json::object_t&>();
  members.push_back({"a", 1});
  members.push_back({"a", 1});
  CHECK(only_keyword(compiled(R"({"required":["a","b"]})").validate(instance)) == "required");
}

}  // namespace tools::schema::hostile_test
