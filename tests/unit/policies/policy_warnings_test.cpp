#include "policies/policy_warnings.h"

#include <catch2/catch.hpp>

#include "policies/policy_files.h"

namespace policy_warnings_test {

TEST_CASE("tools without a price under a budget of money are warned of", "[policies]") {
  const auto warnings = policies::policy_warnings(policies::parse_policy(
      "currency: EUR\n"
      "agents: {a: {roles: [writer]}}\n"
      "roles:\n"
      "  writer:\n"
      "    allow: [pay/refund, search/web, files/*]\n"
      "    budgets: [{window: day, money: 1}, {name: n, window: day, calls: 1}]\n"
      "tools: {search/*: {price: 1}}\n",
      "p.yaml"));
  CHECK(warnings == std::vector<std::string>{
                        "p.yaml:6: role writer has a budget of money, but nothing under files/* "
                        "has a price: its calls cost nothing",
                        "p.yaml:6: role writer has a budget of money, but the tool pay/refund has "
                        "no price: its calls cost nothing"});
}

namespace {

std::vector<std::string> warnings_of(const std::string& text,
                                     const std::vector<std::string>& servers = {}) {
  return policies::policy_warnings(policies::parse_policy(text, "p.yaml"), servers);
}

const std::string agent = "agents: {a: {roles: [r]}}\n";

}  // namespace

TEST_CASE("a policy without mistakes is not warned of", "[policies]") {
  CHECK(warnings_of(agent + "roles: {r: {allow: [files/*, {tool: pay/refund, arguments: {required: "
                            "[amount], properties: {amount: {type: number, maximum: 9}}}}], deny: "
                            "[files/secret*]}}\n",
                    {"files", "pay"})
            .empty());
}

TEST_CASE("allows that a missing or differently typed argument would pass are warned of",
          "[policies]") {
  CHECK(warnings_of(agent +
                    "roles: {r: {allow: [{tool: pay/refund, arguments: {properties: {amount: "
                    "{maximum: 100}}}}]}}\n") ==
        std::vector<std::string>{
            "p.yaml:2: role r: allow pay/refund: A call without \"amount\" passes: add it to "
            "`required` if it must be there.",
            "p.yaml:2: role r: allow pay/refund: A value of \"amount\" that is of another type "
            "passes: say its `type`."});
}

TEST_CASE("denies that a missing or differently typed argument would escape are warned of",
          "[policies]") {
  const auto deny = [](const std::string& schema) {
    return warnings_of("defaults: {deny: [{tool: pay/refund, arguments: " + schema + "}]}\n");
  };
  CHECK(deny("{required: [amount], properties: {amount: {type: number, minimum: 100}}}") ==
        std::vector<std::string>{
            "p.yaml:1: defaults: deny pay/refund: a call whose 'amount' is missing or of another "
            "type is not refused: describe what may pass, under 'not', if it must be"});
  CHECK(deny("{not: {required: [amount], properties: {amount: {type: number, maximum: 99}}}}")
            .empty());
  CHECK(deny("{required: [to], properties: {to: {const: me}}}").empty());
}

TEST_CASE(
    "calls that nobody is asked about for a missing or differently typed argument are warned of",
    "[policies]") {
  const std::string people = "people: {ann: {login: ['unix:ann'], may: [approve]}}\n";
  const auto approve = [&](const std::string& entry) {
    return warnings_of(agent + people + "roles: {r: {allow: [pay/*], approve: [" + entry + "]}}\n",
                       {"pay"});
  };
  CHECK(approve("{tools: pay/refund, by: [ann], when: {required: [amount], properties: {amount: "
                "{type: number, minimum: 100}}}}") ==
        std::vector<std::string>{
            "p.yaml:3: role r: approve pay/refund: a call whose 'amount' is missing or of another "
            "type goes out without a question: describe what needs none, under 'not', if people "
            "must be asked"});
  CHECK(approve("{tools: pay/refund, by: [ann], when: {not: {required: [amount], properties: "
                "{amount: {type: number, maximum: 99}}}}}")
            .empty());
  CHECK(approve("{tools: pya/refund, by: [ann]}") ==
        std::vector<std::string>{"p.yaml:3: role r: approve pya/refund: it can never match: there "
                                 "is no server 'pya'; did you mean 'pay'?"});
}

TEST_CASE("questions that only the agent's owner could decide are warned of", "[policies]") {
  const auto check = [](const std::string& by, const std::string& owner) {
    return warnings_of(
        "people:\n"
        "  ann: {login: ['unix:ann'], groups: [ops], may: [approve]}\n"
        "  bob: {login: ['unix:bob'], groups: [ops], may: [approve]}\n"
        "agents: {a: {roles: [r], owner: " +
        owner +
        "}}\n"
        "roles: {r: {includes: [s], allow: [x/*]}, s: {approve: [" +
        by + "]}}\n");
  };
  CHECK(check("{by: [ann]}", "ann") ==
        std::vector<std::string>{"p.yaml:5: role s: approve *: for agent a too few may decide: ann "
                                 "owns it, and the quorum is 1"});
  CHECK(check("{by: [ops], quorum: 2}", "bob") ==
        std::vector<std::string>{"p.yaml:5: role s: approve *: for agent a too few may decide: bob "
                                 "owns it, and the quorum is 2"});
  CHECK(check("{by: [ops]}", "ann").empty());
  CHECK(check("{by: [ann]}", "bob").empty());
  CHECK(check("{by: [ann], on_timeout: escalate, escalate_to: [bob]}", "ann").empty());
}

TEST_CASE("rules that can never match are warned of", "[policies]") {
  CHECK(
      warnings_of(agent + "roles: {r: {allow: [fiels/*, '*/x', nosuch/y]}}\n", {"files", "pay"}) ==
      std::vector<std::string>{"p.yaml:2: role r: allow fiels/*: it can never match: there is no "
                               "server 'fiels'; did you mean 'files'?",
                               "p.yaml:2: role r: allow nosuch/y: it can never match: there is "
                               "no server 'nosuch'"});
  CHECK(warnings_of(agent +
                    "defaults: {deny: ['*/drop_*']}\n"
                    "roles: {r: {includes: [s], allow: [db/drop_table, files/*]}, s: {deny: "
                    "[files/*]}}\n") ==
        std::vector<std::string>{"p.yaml:3: role r: allow db/drop_table: it can never match: "
                                 "defaults denies */drop_* (p.yaml:2)",
                                 "p.yaml:3: role r: allow files/*: it can never match: role s "
                                 "denies files/* (p.yaml:3)"});
  CHECK(warnings_of(agent + "roles: {r: {allow: [{tool: a/b, arguments: {type: string}}]}}\n") ==
        std::vector<std::string>{
            "p.yaml:2: role r: allow a/b: it can never match: arguments are an object"});
  CHECK(warnings_of("roles: {r: {allow: [a/b]}}\ntenants: {t: {}}\n") ==
        std::vector<std::string>{"role r: no agent has it: its rules can never match",
                                 "tenant t: no agent belongs to it: its rules can never match"});
  CHECK(warnings_of("tools: {a/*: {effect: read_only}, a/b: {effect: idempotent}, a/c: {price: "
                    "0.1}}\n") ==
        std::vector<std::string>{
            "tool a/b: patterns before it match all its tools: it never counts"});
}

}  // namespace policy_warnings_test
