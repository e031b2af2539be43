#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "policies/policy_warnings.h"
#include "tests/support/config_error.h"

namespace views_test {

using policies::Policy;

namespace {

const char* const example = R"(
agents: {dev: {roles: [dev]}}
roles: {dev: {allow: [files/*, git/log], deny: [files/delete]}}
views: {coding: {tools: [files/*, mail/*]}, all: {tools: ["*"]}}
)";

Policy policy(const std::string& text) { return Policy(policies::parse_policy(text, "p.yaml")); }

std::string refusal(const std::string& text) {
  return tests::config_error([&] { policies::parse_policy(text, "p.yaml"); });
}

}  // namespace

TEST_CASE("a view narrows what an agent may call and never widens it", "[policies]") {
  const Policy rules = policy(example);
  CHECK(rules.decide(policies::Caller{"dev", "coding"}, "files", "read").allowed());
  const auto hidden = rules.decide(policies::Caller{"dev", "coding"}, "git", "log");
  CHECK_FALSE(hidden.listed);
  CHECK_FALSE(hidden.allowed());
  CHECK(hidden.reason == "the view coding does not show it");
  CHECK_FALSE(rules.decide(policies::Caller{"dev", "coding"}, "files", "delete").listed);
  CHECK_FALSE(rules.decide(policies::Caller{"dev", "coding"}, "mail", "send").listed);
  CHECK_FALSE(rules.decide(policies::Caller{"dev", "all"}, "mail", "send").listed);
  CHECK(rules.decide(policies::Caller{"dev", "all"}, "git", "log").allowed());
}

TEST_CASE("through a view that does not exist nothing is shown", "[policies]") {
  const Policy rules = policy(example);
  CHECK(rules.has_view("coding"));
  CHECK_FALSE(rules.has_view("codin"));
  CHECK_FALSE(rules.has_view(""));
  CHECK_FALSE(rules.decide(policies::Caller{"dev", "codin"}, "files", "read").listed);
}

TEST_CASE("a view is a list of patterns", "[policies]") {
  CHECK(refusal("views: {coding: {tools: []}}\n") ==
        "p.yaml:1:17: view coding: it shows nothing: list patterns under 'tools'");
  CHECK(refusal("views: {coding: {}}\n").find("it shows nothing") != std::string::npos);
  CHECK(refusal("views: {coding: {tools: [files]}}\n").find("can never match") !=
        std::string::npos);
  CHECK(refusal("views: {a/b: {tools: [files/*]}}\n").find("the view's name may hold") !=
        std::string::npos);
  CHECK(refusal("views: {coding: {allow: [files/*]}}\n").find("unknown key 'allow'") !=
        std::string::npos);
}

TEST_CASE("views are part of the version, and warned of when they name no server", "[policies]") {
  CHECK(policy("views: {a: {tools: [x/*]}}").version() !=
        policy("views: {a: {tools: [y/*]}}").version());
  CHECK(policy("views: {a: {tools: [x/*]}}").version() != policy("roles: {}").version());
  CHECK(policies::policy_warnings(
            policies::parse_policy("views: {a: {tools: [x/*, mail/*]}}", "p.yaml"), {"mail"}) ==
        std::vector<std::string>{
            "p.yaml:1: view a: tools x/*: it can never match: there is no server 'x'"});
}

}  // namespace views_test
