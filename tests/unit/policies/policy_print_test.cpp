#include "policies/policy_print.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "policies/policy_files.h"
#include "policies/policy_version.h"

namespace policy_print_test {

using policies::parse_policy;

namespace {

// What is printed, and printed again after it was parsed.
void check_round_trip(const policies::PolicyDocument& document) {
  const std::string text = policies::policy_yaml(document);
  INFO(text);
  const auto parsed = parse_policy(text, "printed.yaml");
  CHECK(policies::policy_version(parsed) == policies::policy_version(document));
  CHECK(policies::policy_yaml(parsed) == text);
  const std::string json = base::dump_json(policies::policy_json(document));
  CHECK(policies::policy_version(parse_policy(json, "printed.json")) ==
        policies::policy_version(document));
}

}  // namespace

TEST_CASE("the example policies print as policies that are the same", "[policies]") {
  const std::filesystem::path examples =
      std::filesystem::path(SLUICE_SOURCE_DIR) / "policies/examples";
  for (const auto& entry : std::filesystem::directory_iterator(examples)) {
    INFO(entry.path());
    check_round_trip(policies::load_policy_files({entry.path()}));
  }
}

TEST_CASE("names and patterns that YAML takes for something else print as they are", "[policies]") {
  check_round_trip(parse_policy(R"(
timezone: Europe/Berlin
currency: EUR
defaults: {deny: ["*/drop_*", 'a/"quoted"', "a/it's", "a/#", "a/x:y", "a/{b}", "a/ümläut", "&a/b"]}
tenants: {"null": {was: "true", budgets: [{window: 90m, money: 0.000000001}]}}
agents: {"1": {tenant: "null", roles: ["x."]}, "-": {}}
roles: {"x.": {includes: ["no"]}, "no": {allow: ["*"]}}
tools: {'*/x': {price: 89.987654321, output: withhold}, a/b: {output: warn}, a/k: {effect: keyed, key_argument: 'a: "key"'}, a/r: {effect: reconcilable, verify: {tool: "a/it's:x", arguments: {'1': /1, 'a: b': {const: "yes"}, l: {const: [null, 1.5, "/x"]}, e: {const: {}}}, done: {required: ['no'], properties: {'no': {const: "no"}}}, not_done: {required: [x]}, settle: 1ms, within: 1h}}}
views: {'yes': {tools: ['*']}}
)",
                                "p.yaml"));
}

TEST_CASE("people and what they are asked print as they are", "[policies]") {
  check_round_trip(parse_policy(R"(
people: {ann: {login: ["unix:ann"], groups: [ops], may: [approve]}, bob: {login: ["unix:bob"], may: [approve]}}
defaults: {approve: [{by: [ops]}]}
tenants: {t: {approve: [{tools: "*/delete_*", by: [ann, bob], quorum: 2, wait: 0s, expires: 7d}]}}
agents: {a: {tenant: t, roles: [r], owner: bob}}
roles:
  r:
    allow: [x/*]
    budgets:
      - {window: day, calls: 3, on_exceed: ask, by: [ops, bob]}
      - {name: b, window: 24h, calls: 3, on_exceed: ask, by: [ann], wait: 0s, expires: 7d}
    approve:
      - {tools: x/y, when: {required: [path]}, by: [bob], on_timeout: escalate, escalate_to: [ops]}
)",
                                "p.yaml"));
}

}  // namespace policy_print_test
