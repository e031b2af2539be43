#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "tests/support/config_error.h"

namespace quotas_test {

using policies::parse_policy;
using policies::Policy;
using policies::ledger::Charge;
using policies::ledger::Quota;

namespace {

// The example of design §4.
constexpr const char* example = R"(timezone: UTC
currency: EUR
tenants:
  acme: {budgets: [{name: month, per: tenant, window: month, money: 200}]}
agents:
  researcher: {tenant: acme, roles: [writer]}
  other: {tenant: acme, roles: [writer]}
roles:
  writer:
    allow: ["*"]
    limits: [{tools: "*", per: agent, rate: 60/min, burst: 20, concurrency: 8}]
    budgets: [{name: daily, per: agent, window: day, money: 5.00, calls: 1000, on_exceed: deny}]
tools:
  search/web: {price: 0.005, effect: read_only}
  search/*: {price: 1}
)";

std::string refusal(const std::string& entry, const std::string& key = "budgets") {
  return tests::config_error([&] {
    parse_policy("currency: EUR\nroles: {w: {" + key + ": [" + entry + "]}}\n", "p.yaml");
  });
}

std::vector<std::string> keys(const std::vector<Charge>& charges) {
  std::vector<std::string> keys;
  for (const Charge& charge : charges) keys.push_back(charge.key());
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

TEST_CASE("a call is charged to every bucket of its agent, its tenant and its roles",
          "[policies]") {
  const Policy policy(parse_policy(example, "p.yaml"));
  const auto charges = policy.charges("researcher", "search", "web");
  CHECK(keys(charges) == std::vector<std::string>{
                             "role/writer/daily/calls agent:researcher",
                             "role/writer/daily/money agent:researcher",
                             "role/writer/limit:*:agent/concurrency agent:researcher",
                             "role/writer/limit:*:agent/rate agent:researcher",
                             "tenant/acme/month/money all",
                         });
  for (const Charge& charge : charges) {
    CHECK(charge.amount == (charge.quota->kind == Quota::Kind::money ? 5'000'000 : 1));
    if (charge.quota->kind == Quota::Kind::money) CHECK(charge.quota->currency == "EUR");
  }
  CHECK(policy.charges("nobody", "search", "web").empty());
}

TEST_CASE("of the prices, the first whose pattern matches counts; without one a call is free",
          "[policies]") {
  const Policy policy(parse_policy(example, "p.yaml"));
  CHECK(policy.price_of("search", "web") == 5'000'000);
  CHECK(policy.price_of("search", "images") == 1'000'000'000);
  CHECK(policy.price_of("files", "read") == 0);
  CHECK(policy.charges("researcher", "files", "read").size() == 3);
}

TEST_CASE("buckets are told apart by what they are per", "[policies]") {
  const auto bucket = [](const std::string& per) {
    const Policy policy(parse_policy(
        "tenants: {t: {}}\nagents: {a: {tenant: t, roles: [w]}}\nroles: {w: {allow: [\"*\"], "
        "budgets: [{name: b, per: " +
            per + ", calls: 1, window: day}]}}\n",
        "p.yaml"));
    return policy.charges("a", "s", "t").at(0).scope;
  };
  CHECK(bucket("agent") == "agent:a");
  CHECK(bucket("role") == "all");
  CHECK(bucket("tool") == "tool:s/t");
  CHECK(bucket("server") == "server:s");
  CHECK(bucket("tenant") == "tenant:t");
}

TEST_CASE("a counter's identity does not depend on its limit or its place", "[policies]") {
  const auto id = [](const std::string& entries) {
    const Policy policy(parse_policy(
        "agents: {a: {roles: [w]}}\nroles: {w: {budgets: [" + entries + "]}}\n", "p.yaml"));
    return policy.charges("a", "s", "t").back().quota->id;
  };
  CHECK(id("{name: b, calls: 1, window: day}") ==
        id("{name: x, calls: 9, window: week}, {name: b, calls: 2, window: day}"));
  CHECK(id("{tools: s/*, calls: 1, window: day}") ==
        id("{name: x, calls: 9, window: week}, {tools: s/*, calls: 2, window: day}"));
}

TEST_CASE("a rename names where its counters come from", "[policies]") {
  const Policy policy(
      parse_policy("agents: {a: {roles: [w]}}\n"
                   "roles: {w: {was: v, budgets: [{name: b, was: c, calls: 1, window: day}]}}\n",
                   "p.yaml"));
  const Quota& quota = *policy.charges("a", "s", "t").at(0).quota;
  CHECK(quota.id == "role/w/b/calls");
  CHECK(quota.former ==
        std::vector<std::string>{"role/w/c/calls", "role/v/b/calls", "role/v/c/calls"});
}

TEST_CASE("what limits and budgets cannot mean is refused", "[policies]") {
  CHECK(refusal("{calls: 1}").find("needs a 'window'") != std::string::npos);
  CHECK(refusal("{window: day}").find("needs 'money' or 'calls'") != std::string::npos);
  CHECK(refusal("{calls: 1, window: year}").find("expected hour, day, week, month") !=
        std::string::npos);
  CHECK(refusal("{money: 1e3, window: day}").find("expected an amount") != std::string::npos);
  CHECK(refusal("{calls: 1, window: day}, {calls: 2, window: week}").find("give them names") !=
        std::string::npos);
  CHECK(refusal("{name: x, calls: 1, window: day}, {name: x, calls: 2, window: week}")
            .find("'x' is defined twice: here and at p.yaml:2") != std::string::npos);
  CHECK(refusal("{was: x, calls: 1, window: day}").find("write the new one") != std::string::npos);
  CHECK(refusal("{burst: 3, concurrency: 1}", "limits").find("'burst' belongs to a 'rate'") !=
        std::string::npos);
  CHECK(refusal("{tools: s/*}", "limits").find("needs 'rate' or 'concurrency'") !=
        std::string::npos);
  for (const std::string rate : {"60", "60/", "/min", "0/min", "-1/min", "1/year", "1.5/s"}) {
    CHECK(refusal("{rate: " + rate + "}", "limits").find("expected a rate") != std::string::npos);
  }
  const auto policy_refusal = [](const std::string& text) {
    return tests::config_error([&] { parse_policy(text, "p.yaml"); });
  };
  CHECK(policy_refusal("timezone: Mars/Olympus\n").find("there is no time zone") !=
        std::string::npos);
  CHECK(policy_refusal("currency: euro\n").find("three capital letters") != std::string::npos);
  CHECK(
      policy_refusal("defaults: {budgets: [{money: 1, window: day}]}\n").find("needs a currency") !=
      std::string::npos);
  CHECK(policy_refusal("defaults: {limits: [{per: role, rate: 1/s}]}\n")
            .find("stands under a role alone") != std::string::npos);
}

TEST_CASE("a former name that an entry still has is refused with both places", "[policies]") {
  const auto entries = [](const std::string& first, const std::string& second) {
    return tests::config_error([&] {
      parse_policy("roles:\n  w:\n    budgets:\n      - {name: " + first +
                       ", calls: 1, window: day}\n      - {name: " + second +
                       ", calls: 1, window: day}\n",
                   "p.yaml");
    });
  };
  for (const auto& [first, second] : std::vector<std::pair<std::string, std::string>>{
           {"a", "b, was: a"}, {"b, was: a", "a"}, {"a, was: c", "b, was: c"}}) {
    CAPTURE(first, second);
    const std::string message = entries(first, second);
    CHECK(message.starts_with("p.yaml:5:"));
    CHECK(message.find("p.yaml:4") != std::string::npos);
  }
  CHECK(entries("a, was: a", "b").find("own name") != std::string::npos);
  CHECK(entries("a, was: c", "b, was: d").empty());
}

TEST_CASE("a former name that a role or tenant still has is refused with both places",
          "[policies]") {
  for (const std::string kind : {"roles", "tenants"}) {
    const auto refuse = [&](const std::string& map) {
      return tests::config_error([&] { parse_policy(kind + ":\n" + map, "p.yaml"); });
    };
    const std::string living = refuse("  a: {was: b}\n  b: {}\n");
    CHECK(living.starts_with("p.yaml:2:"));
    CHECK(living.find("p.yaml:3:3") != std::string::npos);
    const std::string two = refuse("  a: {was: c}\n  b: {was: c}\n");
    CHECK(two.starts_with("p.yaml:3:"));
    CHECK(two.find("p.yaml:2:12") != std::string::npos);
    CHECK(refuse("  a: {was: c}\n  b: {was: d}\n").empty());
  }
}

TEST_CASE("a burst that takes ages to come back is refused", "[policies]") {
  const std::string message = refusal("{rate: 1/day, burst: 200000}", "limits");
  CHECK(message.find("at most 3650") != std::string::npos);
  CHECK(refusal("{rate: 1/day, burst: 3650}", "limits").empty());
  CHECK(refusal("{rate: 1000/s, burst: 1000000}", "limits").empty());
}

}  // namespace quotas_test
