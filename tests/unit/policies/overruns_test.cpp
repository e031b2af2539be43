// Budgets that ask people instead of refusing.
#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "policies/policy_version.h"
#include "policies/policy_warnings.h"
#include "tests/support/config_error.h"

namespace overruns_test {

using policies::parse_policy;
using policies::Policy;
using policies::ledger::Charge;
using policies::ledger::Excess;

namespace {

const std::string people =
    "currency: EUR\n"
    "people: {ann: {login: [\"unix:ann\"], groups: [ops], may: [approve]}, bob: {groups: [dev]}}\n"
    "tools: {s/*: {price: 1}}\n";

std::string policy_text(const std::string& budget, const std::string& more = "") {
  return people + "agents: {a: {roles: [w]" + more + "}}\nroles: {w: {allow: [\"*\"], budgets: [" +
         budget + "]}}\n";
}

Policy policy_of(const std::string& budget) {
  return Policy(parse_policy(policy_text(budget), "p.yaml"));
}

std::string refusal(const std::string& budget) {
  return tests::config_error([&] { parse_policy(policy_text(budget), "p.yaml"); });
}

}  // namespace

TEST_CASE("a budget that asks asks about calls of tools, and refuses all else", "[policies]") {
  const Policy policy = policy_of(
      "{name: b, window: day, money: 5, calls: 9, on_exceed: ask, by: [ops]},"
      "{name: c, window: day, calls: 9, on_exceed: deny}");
  const auto excess = [](const std::vector<Charge>& charges) {
    std::vector<Excess> all;
    for (const Charge& charge : charges) all.push_back(charge.excess);
    return all;
  };
  using All = std::vector<Excess>;
  CHECK(excess(policy.charges("a", "s", "t")) == All{Excess::ask, Excess::ask, Excess::refuse});
  CHECK(excess(policy.read_charges("a", policies::Primitive::prompt, "s", "p", "p")) ==
        All{Excess::refuse, Excess::refuse});
  CHECK(excess(policy.money_charges("a", "model", "m", 7)) == All{Excess::refuse});
}

TEST_CASE("going over a budget is a question that names its bounds, with the times of approvals",
          "[policies]") {
  const Policy policy =
      policy_of("{name: b, window: day, money: 5, calls: 9, on_exceed: ask, by: [ops, ann]}");
  const auto* money = policy.overrun_terms("role/w/b/money");
  REQUIRE(money != nullptr);
  CHECK(money->wait == std::chrono::seconds(45));
  CHECK(money->expires == std::chrono::hours(24));
  REQUIRE(money->clauses.size() == 1);
  CHECK(
      money->clauses[0].rule ==
      "role w: budget b of 5.00 EUR per agent and day by ops,ann wait 45000ms expires 86400000ms");
  CHECK(money->clauses[0].by == std::vector<std::string>{"ops", "ann"});
  CHECK(money->clauses[0].budget == "role/w/b/money");
  CHECK(money->clauses[0].place == "p.yaml:5");
  CHECK(policy.overrun_terms("role/w/b/calls")
            ->clauses[0]
            .rule.starts_with("role w: budget b of 9 calls per agent and day by"));
  const Policy shorter = policy_of(
      "{name: b, window: day, calls: 9, on_exceed: ask, by: [ops], wait: 0s, expires: 1h}");
  CHECK(shorter.overrun_terms("role/w/b/calls")->wait.count() == 0);
  CHECK(shorter.overrun_terms("role/w/b/calls")->expires == std::chrono::hours(1));
  CHECK(policy_of("{name: b, window: day, calls: 9}").overrun_terms("role/w/b/calls") == nullptr);
}

TEST_CASE("a budget that asks names people who exist and may approve, and no other budget does",
          "[policies]") {
  const auto says = [](const std::string& budget, const std::string& sentence) {
    INFO(budget);
    CHECK(refusal("{window: day, calls: 9, " + budget + "}").find(sentence) != std::string::npos);
  };
  says("on_exceed: ask", "'on_exceed: ask' needs 'by': who is asked");
  says("on_exceed: maybe, by: [ops]", "expected deny or ask; found 'maybe'");
  says("by: [ops]", "need 'on_exceed: ask'");
  says("on_exceed: deny, wait: 1s", "need 'on_exceed: ask'");
  says("on_exceed: deny, expires: 1h", "need 'on_exceed: ask'");
  says("on_exceed: ask, by: []", "found an empty list");
  says("on_exceed: ask, by: [opps]", "no person or group 'opps'; did you mean 'ops'?");
  says("on_exceed: ask, by: [dev]", "nobody who is asked here may approve");
  says("on_exceed: ask, by: [ops], wait: 1h", "a call waits 10m at most");
}

TEST_CASE("a budget that leaves an agent with nobody who may decide is warned of", "[policies]") {
  const auto warnings = [](const std::string& owner) {
    const auto document = parse_policy(
        policy_text("{name: b, window: day, calls: 9, on_exceed: ask, by: [ops]}", owner),
        "p.yaml");
    return policies::policy_warnings(document, {});
  };
  CHECK(warnings("").empty());
  REQUIRE(warnings(", owner: ann").size() == 1);
  CHECK(warnings(", owner: ann")[0] ==
        "p.yaml:5: role w: budget *: for agent a too few may decide: ann owns it, and the quorum "
        "is 1");
}

TEST_CASE("whom a budget asks, and for how long, is part of the policy's version", "[policies]") {
  const auto version = [](const std::string& more) {
    return policies::policy_version(
        parse_policy(policy_text("{window: day, calls: 9" + more + "}"), "p.yaml"));
  };
  const std::string asks = version(", on_exceed: ask, by: [ops]");
  CHECK(version("") == version(", on_exceed: deny"));
  CHECK(asks != version(""));
  CHECK(asks != version(", on_exceed: ask, by: [ann]"));
  CHECK(asks != version(", on_exceed: ask, by: [ops], wait: 1s"));
  CHECK(asks == version(", on_exceed: ask, by: [ops], wait: 45s, expires: 24h"));
}

}  // namespace overruns_test
