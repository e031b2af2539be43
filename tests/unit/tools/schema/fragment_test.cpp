#include "tools/schema/fragment.h"

#include "tests/unit/tools/schema/support.h"

namespace tools::schema::fragment_test {
namespace {

const char* const refund = R"({"type":"object","required":["id"],
  "properties":{"id":{"type":"string"},"amount":{"type":"number"},"note":{}}})";

Fragment fragment(std::string_view text, std::string_view input = refund) {
  auto compiled = compile_fragment(json(text), json(input));
  INFO((compiled ? "" : compiled.error().message));
  REQUIRE(compiled.ok());
  return *std::move(compiled);
}

}  // namespace

TEST_CASE("a fragment constrains arguments beyond the tool's schema", "[schema]") {
  const Fragment most = fragment(
      R"({"required":["amount"],"properties":{"amount":{"type":"number","maximum":100}}})");
  CHECK(most.warnings.empty());
  CHECK(most.schema.decide(json(R"({"id":"a","amount":100})")) == Verdict::valid);
  CHECK(most.schema.decide(json(R"({"id":"a","amount":101})")) == Verdict::invalid);
  CHECK(most.schema.decide(json(R"({"id":"a"})")) == Verdict::invalid);
}

TEST_CASE("a fragment that a missing argument would pass is warned of", "[schema]") {
  CHECK(fragment(R"({"properties":{"amount":{"maximum":100}}})").warnings ==
        std::vector<std::string>{
            "A call without \"amount\" passes: add it to `required` if it must be there."});
  CHECK(fragment(R"({"properties":{"id":{"minLength":3}}})").warnings.empty());
}

TEST_CASE("a fragment that a value of another type would pass is warned of", "[schema]") {
  CHECK(fragment(R"({"required":["note"],"properties":{"note":{"maxLength":100}}})").warnings ==
        std::vector<std::string>{
            "A value of \"note\" that is of another type passes: say its `type`."});
  CHECK(fragment(R"({"required":["note"],"properties":{"note":{"enum":["a"]}}})").warnings.empty());
}

TEST_CASE("a fragment that forbids an argument is content when it is missing", "[schema]") {
  CHECK(fragment(R"({"properties":{"amount":false}})").warnings.empty());
}

TEST_CASE("a fragment that is no schema is refused with its place", "[schema]") {
  const auto compiled =
      compile_fragment(json(R"({"properties":{"amount":{"maximum":"1"}}})"), json(refund));
  REQUIRE_FALSE(compiled.ok());
  CHECK(compiled.error().message == "#/properties/amount/maximum: expected a number");
}

}  // namespace tools::schema::fragment_test
