#include <string>

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "tests/support/config_error.h"

namespace argument_rules_test {

using base::Json;
using policies::Decision;
using policies::Policy;

namespace {

const char* const example = R"(
agents: {clerk: {roles: [clerk]}, boss: {roles: [boss]}, free: {roles: [free]}}
roles:
  clerk:
    allow:
      - {tool: pay/refund, arguments: {required: [amount], properties: {amount: {type: number, maximum: 100}}}}
  boss:
    includes: [clerk]
    allow:
      - {tool: pay/*, arguments: {required: [reason], properties: {reason: {type: string, minLength: 3}}}}
    deny:
      - {tool: pay/refund, arguments: {properties: {to: {const: me}}, required: [to]}}
  free:
    allow: [pay/*, files/read]
    deny:
      - {tool: "*", arguments: {properties: {path: {type: string, pattern: secret}}, required: [path]}}
)";

Decision decide(const std::string& agent, const std::string& tool, const Json& arguments) {
  return Policy(policies::parse_policy(example, "p.yaml")).decide(agent, "pay", tool, &arguments);
}

Policy policy(const std::string& text) { return Policy(policies::parse_policy(text, "p.yaml")); }

std::string refusal(const std::string& text) {
  return tests::config_error([&] { policies::parse_policy(text, "p.yaml"); });
}

}  // namespace

TEST_CASE("an allow with arguments permits only calls that match", "[policies]") {
  const Decision small = decide("clerk", "refund", {{"amount", 100}});
  REQUIRE(small.allowed());
  CHECK(small.permit->rule() == "role clerk: allow pay/refund with arguments (p.yaml:6)");
  for (const Json& arguments : {Json{{"amount", 101}}, Json{{"amount", "1"}}, Json::object()}) {
    const Decision decision = decide("clerk", "refund", arguments);
    CHECK_FALSE(decision.allowed());
    CHECK(decision.listed);
    CHECK(decision.source->line == 6);
  }
  CHECK(decide("clerk", "refund", {{"amount", 101}}).reason ==
        "the arguments do not satisfy role clerk: allow pay/refund with arguments (p.yaml:6)");
}

TEST_CASE("a refusal for arguments says what the rules want", "[policies]") {
  CHECK(decide("clerk", "refund", {{"amount", 101}}).refusal ==
        "Policy allows pay/refund only with other arguments. Nothing was sent.\n"
        "/amount: expected at most 100, found 101");
  CHECK(decide("boss", "refund", {{"amount", 101}}).refusal ==
        "Policy allows pay/refund only with other arguments. Nothing was sent. Mend what one of "
        "these lines says:\n"
        "1. the whole value: expected property \"reason\", found missing\n"
        "2. /amount: expected at most 100, found 101");
  CHECK(decide("boss", "refund", {{"to", "me"}, {"amount", 1}}).refusal ==
        "Policy refuses these arguments of pay/refund. Nothing was sent. Arguments that match this "
        R"(JSON Schema are refused: {"properties":{"to":{"const":"me"}},"required":["to"]})");
}

TEST_CASE("any of several allows with arguments permits", "[policies]") {
  CHECK(decide("boss", "refund", {{"amount", 5}}).permit->rule() ==
        "role clerk: allow pay/refund with arguments (p.yaml:6)");
  CHECK(decide("boss", "refund", {{"amount", 500}, {"reason", "late"}}).allowed());
  CHECK(decide("boss", "close", {{"reason", "late"}}).allowed());
  CHECK_FALSE(decide("boss", "close", {{"amount", 5}}).allowed());
}

TEST_CASE("a deny with arguments refuses calls that match, whatever allows them", "[policies]") {
  const Decision decision = decide("boss", "refund", {{"to", "me"}, {"amount", 1}});
  CHECK_FALSE(decision.allowed());
  CHECK(decision.listed);
  CHECK(decision.reason == "denied by role boss: deny pay/refund with arguments (p.yaml:12)");
  CHECK(decide("free", "refund", {{"path", "a"}}).allowed());
  CHECK_FALSE(decide("free", "refund", {{"path", "a/secret"}}).allowed());
}

TEST_CASE("there is no permit without arguments where rules look at them", "[policies]") {
  const Policy rules = policy(example);
  for (const std::string agent : {"clerk", "boss", "free"}) {
    const Decision decision = rules.decide(agent, "pay", "refund");
    CHECK(decision.listed);
    CHECK_FALSE(decision.allowed());
  }
  CHECK(rules.decide("clerk", "pay", "refund").reason ==
        "depends on the arguments: role clerk: allow pay/refund with arguments (p.yaml:6)");
}

TEST_CASE("a tool is listed only when some rule could allow a call of it", "[policies]") {
  const Policy rules = policy(example);
  CHECK_FALSE(rules.decide("clerk", "pay", "close").listed);
  CHECK(rules.decide("boss", "pay", "close").listed);
  const Json arguments = {{"path", "secret"}};
  const Decision unknown = rules.decide("free", "files", "write", &arguments);
  CHECK_FALSE(unknown.listed);
  CHECK(unknown.refusal.empty());
  CHECK(unknown.reason == "no rule of agent free allows it");

  const std::string constraint = "{tool: a/b, arguments: {required: [x]}}";
  CHECK_FALSE(policy("agents: {a: {roles: [r]}}\nroles: {r: {allow: [" + constraint + "], deny: [" +
                     constraint + "]}}\n")
                  .decide("a", "a", "b")
                  .listed);
  CHECK_FALSE(
      policy("agents: {a: {roles: [r]}}\nroles: {r: {allow: [" + constraint + "], deny: [a/*]}}\n")
          .decide("a", "a", "b")
          .listed);
}

TEST_CASE("what could not be decided refuses, under allow and under deny", "[policies]") {
  const std::string costly =
      "{tool: a/b, arguments: {properties: {list: {items: {allOf: [{minimum: 0}, {maximum: 1}, "
      "{multipleOf: 1}, {minimum: -1}]}}}}}";
  Json arguments;
  for (int i = 0; i < 90'000; ++i) arguments["list"].push_back(0);
  const Json small = {{"list", {0}}};
  const Policy allow = policy("agents: {a: {roles: [r]}}\nroles: {r: {allow: [" + costly + "]}}\n");
  CHECK(allow.decide("a", "a", "b", &small).allowed());
  CHECK_FALSE(allow.decide("a", "a", "b", &arguments).allowed());

  const std::string refused =
      "{tool: a/b, arguments: {not: {properties: {list: {items: {allOf: "
      "[{minimum: 0}, {maximum: 1}, {multipleOf: 1}, {minimum: -1}]}}}}}}";
  const Policy deny =
      policy("agents: {a: {roles: [r]}}\nroles: {r: {allow: [a/b], deny: [" + refused + "]}}\n");
  CHECK(deny.decide("a", "a", "b", &small).allowed());
  CHECK_FALSE(deny.decide("a", "a", "b", &arguments).allowed());
}

TEST_CASE("a map under allow or deny has a tool and arguments", "[policies]") {
  CHECK(refusal("roles: {w: {allow: [{tool: pay/refund}]}}\n") ==
        "p.yaml:1:21: role w: a map under 'allow' needs 'arguments'; without them write the "
        "pattern alone: pay/refund");
  CHECK(refusal("defaults: {deny: [{arguments: {required: [a]}}]}\n") ==
        "p.yaml:1:19: defaults: a map under 'deny' needs a 'tool'");
  CHECK(refusal("roles: {w: {allow: [{tool: pay/refund, argumets: {}}]}}\n") ==
        "p.yaml:1:40: unknown key 'argumets'; did you mean 'arguments'?");
  CHECK(refusal("roles: {w: {allow: [{tool: refund, arguments: {required: [a]}}]}}\n")
            .find("can never match") != std::string::npos);
}

TEST_CASE("a constraint is part of the policy's version", "[policies]") {
  const auto version = [](const std::string& rule) {
    return policy("roles: {a: {allow: [" + rule + "]}}\n").version();
  };
  CHECK(version("x/y") != version("{tool: x/y, arguments: {required: [a]}}"));
  CHECK(version("{tool: x/y, arguments: {required: [b]}}") !=
        version("{tool: x/y, arguments: {required: [a]}}"));
}

}  // namespace argument_rules_test
