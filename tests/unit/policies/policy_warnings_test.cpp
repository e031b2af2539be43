#include "policies/policy_warnings.h"

#include <catch2/catch.hpp>

#include "policies/policy_files.h"

TEST_CASE("tools without a price under a budget of money are warned of", "[policies]") {
  const auto warnings = policies::policy_warnings(policies::parse_policy(
      "currency: EUR\n"
      "roles:\n"
      "  writer:\n"
      "    allow: [pay/refund, search/web, files/*]\n"
      "    budgets: [{window: day, money: 1}, {name: n, window: day, calls: 1}]\n"
      "tools: {search/*: {price: 1}}\n",
      "p.yaml"));
  CHECK(warnings == std::vector<std::string>{
                        "p.yaml:5: role writer has a budget of money, but nothing under files/* "
                        "has a price: its calls cost nothing",
                        "p.yaml:5: role writer has a budget of money, but the tool pay/refund has "
                        "no price: its calls cost nothing"});
}
