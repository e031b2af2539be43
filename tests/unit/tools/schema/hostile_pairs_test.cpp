#include "tests/support/hostile_schemas.h"
#include "tests/unit/tools/schema/support.h"

namespace tools::schema::hostile_pairs_test {

TEST_CASE("each of more than a hundred hostile pairs is refused by size or answered within bounds",
          "[schema][slow]") {
  const auto pairs = tests::hostile_pairs();
  CHECK(pairs.size() >= 100);
  for (const auto& [name, schema, instance] : pairs) {
    INFO(name);
    const auto document = base::parse_json(schema);
    const auto value = base::parse_json(instance);
    if (!document || !value) {
      CHECK((document ? value : document).error().code == base::Code::limit);
      continue;
    }
    const auto compiled = Schema::compile(document->value);
    if (!compiled) {
      CHECK_FALSE(compiled.error().message.empty());
      continue;
    }
    const auto violations = compiled->validate(value->value);
    CHECK(violations.size() <= ValidateLimits().violations);
    CHECK(violations.empty() == (compiled->decide(value->value) == Verdict::valid));
    for (const Violation& violation : violations) CHECK(to_string(violation).size() < 1'000);
  }
}

}  // namespace tools::schema::hostile_pairs_test
