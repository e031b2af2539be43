#include "policies/constraint.h"

#include <catch2/catch.hpp>

#include "tests/support/config_error.h"

namespace constraint_test {

using policies::Constraint;
using tools::schema::Verdict;

namespace {

Constraint read(const std::string& yaml) {
  return Constraint::read(base::YamlNode::parse(yaml, "p.yaml"));
}

std::string refusal(const std::string& yaml) {
  return tests::config_error([&] { read(yaml); });
}

}  // namespace

TEST_CASE("a constraint is a JSON Schema over the arguments", "[policies]") {
  const Constraint most =
      read("{required: [amount], properties: {amount: {type: number, maximum: 100}}}");
  CHECK(most.verdict({{"amount", 100}}) == Verdict::valid);
  CHECK(most.verdict({{"amount", 101}}) == Verdict::invalid);
  CHECK(most.verdict({{"amount", "1"}}) == Verdict::invalid);
  CHECK(most.verdict(base::Json::object()) == Verdict::invalid);
  CHECK(most.violations({{"amount", 101}}) ==
        std::vector<std::string>{"/amount: expected at most 100, found 101"});
  CHECK(most.text() ==
        R"({"required":["amount"],"properties":{"amount":{"type":"number","maximum":100}}})");
}

TEST_CASE("formats of a constraint assert", "[policies]") {
  const Constraint constraint = read("{properties: {to: {type: string, format: email}}}");
  CHECK(constraint.verdict({{"to", "ops@example.test"}}) == Verdict::valid);
  CHECK(constraint.verdict({{"to", "everybody"}}) == Verdict::invalid);
}

TEST_CASE("keywords and formats that would constrain nothing are refused", "[policies]") {
  CHECK(refusal("{properties: {amount: {maximun: 100}}}") ==
        "p.yaml:1:24: 'maximun' is no keyword of JSON Schema that constrains; did you mean "
        "'maximum'?");
  CHECK(refusal("{amount: {maximum: 100}}") ==
        "p.yaml:1:2: 'amount' is no keyword of JSON Schema that constrains; arguments are "
        "described as in {required: [amount], properties: {amount: {type: number, maximum: 100}}}");
  CHECK(refusal("{properties: {a: {format: e-mail}}}") ==
        "p.yaml:1:27: the format 'e-mail' is not known, so that it would constrain nothing");
  CHECK(refusal("{then: {required: [a]}}") == "p.yaml:1:2: 'then' has no effect without 'if'");
  for (const std::string nested :
       {"{allOf: [{x: 1}]}", "{not: {x: 1}}", "{items: {x: 1}}",
        "{$defs: {a: {x: 1}}, required: []}", "{if: {required: [a]}, then: {x: 1}}",
        "{patternProperties: {a: {x: 1}}}"}) {
    CHECK(refusal(nested).find("'x' is no keyword") != std::string::npos);
  }
  CHECK(refusal("{$schema: 'http://json-schema.org/draft-07/schema#', required: [a]}")
            .find("'$schema' is no keyword") != std::string::npos);
}

TEST_CASE("names of arguments and values are no keywords", "[policies]") {
  CHECK(refusal("{properties: {anything: {const: {anything: 1}}}, required: [anything]}").empty());
}

TEST_CASE("a constraint that says nothing or is no schema is refused", "[policies]") {
  for (const std::string nothing : {"{}", "{description: all}", "{$defs: {a: {type: string}}}"}) {
    CHECK(refusal(nothing) == "p.yaml:1:1: this constrains nothing: write the pattern alone");
  }
  CHECK(refusal("true") == "p.yaml:1:1: expected a JSON Schema: a map, such as {required: [path]}");
  CHECK(refusal("{properties: {amount: {maximum: '100'}}}") ==
        "p.yaml:1:1: this is no JSON Schema: #/properties/amount/maximum: expected a number");
  CHECK(refusal("{$ref: 'https://example.test/schema'}").find("this is no JSON Schema: ") !=
        std::string::npos);
}

}  // namespace constraint_test
