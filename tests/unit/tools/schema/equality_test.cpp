#include "tools/schema/equality.h"

#include "tests/unit/tools/schema/support.h"

namespace tools::schema::equality_test {
namespace {

bool equal(std::string_view a, std::string_view b) {
  Meter meter(1'000);
  const base::Json left = json(a);
  const base::Json right = json(b);
  const bool result = equal(left, right, meter);
  if (result) CHECK(hash(left, meter) == hash(right, meter));
  return result;
}

}  // namespace

TEST_CASE("numbers are equal by value", "[schema]") {
  CHECK(equal("[1]", "[1.0]"));
  CHECK_FALSE(equal("9007199254740993", "9007199254740992.0"));
}

TEST_CASE("members have no order", "[schema]") {
  CHECK(equal(R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"d":3,"c":2.0},"a":1})"));
  CHECK_FALSE(equal(R"({"a":1,"b":2})", R"({"a":2,"b":1})"));
  CHECK_FALSE(equal(R"({"a":1})", R"({"a":1,"b":2})"));
}

TEST_CASE("items have an order", "[schema]") {
  CHECK_FALSE(equal("[1,2]", "[2,1]"));
  CHECK_FALSE(equal("[1]", "[1,2]"));
}

TEST_CASE("values of different types differ", "[schema]") {
  CHECK_FALSE(equal("0", "false"));
  CHECK_FALSE(equal("\"\"", "null"));
  CHECK_FALSE(equal("[]", "{}"));
  CHECK(equal("null", "null"));
}

TEST_CASE("equal items are found among few and among many", "[schema]") {
  Meter meter(10'000);
  auto items = json(R"([{"a":1,"b":[2]},{"b":[2.0],"a":1}])");
  CHECK(find_equal_items(items, meter) == std::pair<std::size_t, std::size_t>(0, 1));
  for (int i = 0; i < 100; ++i) items.push_back(i);
  CHECK(find_equal_items(items, meter) == std::pair<std::size_t, std::size_t>(0, 1));
  items.erase(0);
  CHECK_FALSE(find_equal_items(items, meter).has_value());
  CHECK(meter);
}

TEST_CASE("comparing costs steps and ends when there are none", "[schema]") {
  Meter meter(5);
  const auto list = json("[1,2,3,4,5,6]");
  CHECK_FALSE(equal(list, list, meter));
  CHECK(meter.exhausted() == Exhausted::steps);
}

TEST_CASE("constants are compared as values", "[schema]") {
  CHECK(accepts(R"({"const":{"a":[1,null]}})", R"({"a":[1.0,null]})"));
  CHECK_FALSE(accepts(R"({"const":{"a":[1,null]}})", R"({"a":[1,false]})"));
  CHECK(accepts(R"({"enum":[1,"a",false,[]]})", "1.0"));
  CHECK_FALSE(accepts(R"({"enum":[1,"a",false,[]]})", "true"));
  CHECK_FALSE(accepts(R"({"enum":[1,"a",false,[]]})", "null"));
  CHECK_FALSE(accepts(R"({"enum":[]})", "null"));
}

}  // namespace tools::schema::equality_test
