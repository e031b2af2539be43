#include "policies/expectations.h"

#include <catch2/catch.hpp>

#include "policies/policy_files.h"
#include "tests/support/config_error.h"

namespace expectations_test {

namespace {

const char* const policy = R"(
agents: {clerk: {roles: [clerk]}}
roles:
  clerk:
    allow: [{tool: pay/refund, arguments: {required: [amount]}}, files/*]
    deny: [files/x]
    resources: ["files/file:///data/*"]
    prompts: [files/*]
views: {v: {tools: [pay/*]}}
)";

std::vector<policies::Expectation> read(const std::string& text) {
  return policies::read_expectations(base::YamlNode::parse(text, "t.yaml"));
}

policies::Finding judge(const std::string& expectation) {
  return policies::judge(policies::Policy(policies::parse_policy(policy, "p.yaml")),
                         read("[" + expectation + "]").front());
}

std::string refusal(const std::string& text) {
  return tests::config_error([&] { read(text); });
}

}  // namespace

TEST_CASE("an expectation holds when the verdict and the rule are as it says", "[policies]") {
  CHECK(
      judge("{agent: clerk, tool: pay/refund, arguments: {amount: 1}, expect: allow}").as_expected);
  CHECK(judge("{agent: clerk, tool: pay/refund, expect: deny}").as_expected);
  CHECK_FALSE(judge("{agent: clerk, tool: pay/refund, expect: allow}").as_expected);
  CHECK(judge("{agent: clerk, tool: files/x, expect: deny, rule: 'role clerk: deny files/x'}")
            .as_expected);
  const auto other = judge("{agent: clerk, tool: files/y, expect: allow, rule: 'role x: allow *'}");
  CHECK_FALSE(other.as_expected);
  CHECK(other.rule == "role clerk: allow files/*");
  CHECK(judge("{agent: nobody, tool: a/b, expect: deny, rule: no rule}").as_expected);
  CHECK(judge("{agent: clerk, tool: files/y, view: v, expect: deny}").as_expected);
}

TEST_CASE("an expectation may be about a resource or a prompt", "[policies]") {
  CHECK(judge("{agent: clerk, resource: 'files/file:///data/a', expect: allow, rule: 'role clerk: "
              "resources files/file:///data/*'}")
            .as_expected);
  CHECK(judge("{agent: clerk, resource: 'files/file:///etc/a', expect: deny, rule: no rule}")
            .as_expected);
  CHECK(judge("{agent: clerk, prompt: files/intro, expect: allow}").as_expected);
  CHECK(judge("{agent: clerk, prompt: files/x, expect: deny, rule: 'role clerk: deny files/x'}")
            .as_expected);
  CHECK(judge("{agent: clerk, tool: files/intro, expect: allow}").as_expected);
}

TEST_CASE("an expectation that is not complete is refused with its place", "[policies]") {
  CHECK(refusal("[{tool: a/b, expect: deny}]") == "t.yaml:1:2: an expectation needs an 'agent'");
  CHECK(refusal("[{agent: a, expect: deny}]") == "t.yaml:1:2: an expectation needs a 'tool', a 'resource' or a 'prompt'");
  CHECK(refusal("[{agent: a, tool: a/b}]") ==
        "t.yaml:1:2: an expectation needs 'expect': allow or deny");
  CHECK(refusal("[{agent: a, tool: a/b, expect: refuse}]") ==
        "t.yaml:1:32: expected allow or deny; found 'refuse'");
  CHECK(refusal("[{agent: a, tool: a, expect: deny}]") ==
        "t.yaml:1:19: expected server/tool; found 'a'");
  CHECK(refusal("[{agent: a, tool: a/b, prompt: a/b, expect: deny}]") ==
        "t.yaml:1:32: an expectation is about one thing");
  CHECK(refusal("[{agent: a, tool: a/b, expect: deny, arguments: [1]}]") ==
        "t.yaml:1:49: arguments are a map");
  CHECK(refusal("[]") == "t.yaml:1:1: expected at least one expectation; found an empty list");
}

}  // namespace expectations_test
