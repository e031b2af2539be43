#include "policies/access.h"

#include <catch2/catch.hpp>

#include "policies/policy_files.h"

namespace access_test {

using policies::AccessChange;
using policies::parse_policy;
using policies::Policy;
using policies::Primitive;

namespace {

std::vector<std::string> changes(const std::string& before, const std::string& after) {
  const auto one = parse_policy(before, "old.yaml"), other = parse_policy(after, "new.yaml");
  std::vector<std::string> lines;
  auto offers = policies::sample_offers(one, other, Primitive::tool);
  for (const Primitive primitive : {Primitive::resource, Primitive::prompt}) {
    const auto more = policies::sample_offers(one, other, primitive);
    offers.insert(offers.end(), more.begin(), more.end());
  }
  for (const AccessChange& change :
       policies::compare_access(Policy(one), Policy(other), offers)) {
    const std::string kind =
        change.what.primitive == Primitive::tool ? "" : std::string(to_string(change.what.primitive)) + " ";
    lines.push_back(change.agent + " " + kind + change.what.id + ": " + change.before + " -> " +
                    change.after);
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("access that is given and taken is told by agent and tool", "[policies]") {
  const std::string agents = "agents: {a: {roles: [r]}, b: {roles: [r, s]}}\n";
  CHECK(changes(agents + "roles: {r: {allow: [x/one]}, s: {allow: [y/*]}}\n",
                agents + "roles: {r: {allow: [x/two]}, s: {allow: [y/*]}}\n") ==
        Lines{"a x/one: allowed -> ", "a x/two:  -> allowed", "b x/one: allowed -> ",
              "b x/two:  -> allowed"});
}

TEST_CASE("a deny shows in what patterns match together", "[policies]") {
  const std::string rest = "agents: {a: {roles: [r]}}\nroles: {r: {allow: [db/*]}}\n";
  CHECK(changes(rest, rest + "defaults: {deny: ['*/drop_*']}\n") ==
        Lines{"a db/drop_…: allowed -> "});
}

TEST_CASE("changed constraints are told, moved rules are not", "[policies]") {
  const auto with = [](const std::string& allow) {
    return "agents: {a: {roles: [r]}}\nroles: {r: {allow: [" + allow + "]}}\n";
  };
  const std::string one = "{tool: x/y, arguments: {required: [a]}}";
  const std::string two = "{tool: x/y, arguments: {required: [b]}}";
  CHECK(changes(with(one), with(two)) ==
        Lines{R"(a x/y: allowed with {"required":["a"]} -> allowed with {"required":["b"]})"});
  CHECK(changes(with(one), with("x/y")) ==
        Lines{R"(a x/y: allowed with {"required":["a"]} -> allowed)"});
  CHECK(changes(with(one + ", " + two), with(two + ", " + one)).empty());
  CHECK(changes(with("x/y"), with("x/y") + "defaults: {deny: [" + one + "]}\n") ==
        Lines{R"(a x/y: allowed -> allowed except with {"required":["a"]})"});
}

TEST_CASE("agents that come and go are told of", "[policies]") {
  const std::string roles = "roles: {r: {allow: ['*']}}\n";
  CHECK(changes("agents: {a: {roles: [r]}}\n" + roles, "agents: {b: {roles: [r]}}\n" + roles) ==
        Lines{"a …/…: allowed -> ", "b …/…:  -> allowed"});
}

TEST_CASE("resources and prompts that are given and taken are told as such", "[policies]") {
  const std::string agents = "agents: {a: {roles: [r]}}\n";
  CHECK(changes(agents + "roles: {r: {resources: [\"x/file:///*\"], prompts: [x/one]}}\n",
                agents + "roles: {r: {prompts: [x/two]}}\n") ==
        Lines{"a resource x/file:///{…}: allowed -> ", "a prompt x/one: allowed -> ",
              "a prompt x/two:  -> allowed"});
  CHECK(changes(agents + "roles: {r: {}}\n", agents + "roles: {r: {resources: [\"x/*\"]}}\n") ==
        Lines{"a resource x/{…}:  -> allowed"});
  const std::string rest = agents + "roles: {r: {resources: [\"x/file:///*\"]}}\n";
  CHECK(changes(rest, rest + "defaults: {deny: [\"*/secret*\"]}\n") ==
        Lines{"a resource x/file:///secret{…}: allowed -> "});
}

TEST_CASE("a call that people are asked about first is told", "[policies]") {
  const std::string rest =
      "people: {ann: {login: ['unix:ann'], may: [approve]}}\nagents: {a: {roles: [r]}}\n"
      "roles: {r: {allow: [x/*]}}\n";
  const auto lines = changes(rest, rest + "defaults: {approve: [{tools: x/delete, by: [ann]}]}\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().find("a x/delete: allowed -> allowed, once people agree: defaults: approve "
                           "x/delete by ann quorum 1") == 0);
}

}  // namespace access_test
