#include "policies/ledger/money.h"

#include <catch2/catch.hpp>

namespace money_test {

using policies::ledger::money_text;
using policies::ledger::parse_money;

TEST_CASE("decimals are read exactly", "[ledger]") {
  CHECK(parse_money("5.00") == 5'000'000'000);
  CHECK(parse_money("200") == 200'000'000'000);
  CHECK(parse_money("0.005") == 5'000'000);
  CHECK(parse_money("0.1") == 100'000'000);
  CHECK(parse_money("0.000000001") == 1);
  CHECK(parse_money("9000000") == policies::ledger::most_money);
}

TEST_CASE("digits beyond a nano-unit round up", "[ledger]") {
  CHECK(parse_money("0.0000000001") == 1);
  CHECK(parse_money("1.0000000000") == 1'000'000'000);
  CHECK(parse_money("0.1234567891") == 123'456'790);
}

TEST_CASE("what is no amount is refused", "[ledger]") {
  for (const char* text : {"", ".", "5.", ".5", "-1", "+1", "1e3", "1,5", " 1", "0x1", "9000000.01",
                           "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_money(text));
  }
}

TEST_CASE("amounts are written with two places or as many as they need", "[ledger]") {
  CHECK(money_text(5'000'000'000) == "5.00");
  CHECK(money_text(5'000'000) == "0.005");
  CHECK(money_text(1) == "0.000000001");
  CHECK(money_text(-1'500'000'000) == "-1.50");
}

}  // namespace money_test
