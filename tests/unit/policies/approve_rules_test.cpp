#include "policies/approve_rules.h"

#include <string>

#include <catch2/catch.hpp>

#include "policies/policy.h"
#include "policies/policy_files.h"
#include "tests/support/config_error.h"

namespace approve_rules_test {

using base::Json;
using policies::Policy;

namespace {

const std::string people = R"(people:
  ann: {login: ["unix:ann"], groups: [ops], may: [approve]}
  bob: {login: ["unix:bob"], groups: [ops], may: [approve]}
  joe: {login: ["unix:joe"], groups: [guests]}
)";

Policy policy(const std::string& text) {
  return Policy(policies::parse_policy(people + text, "p.yaml"));
}

Policy role_asks(const std::string& entries) {
  return policy("agents: {a: {roles: [writer]}}\nroles: {writer: {allow: [files/*], approve: [" +
                entries + "]}}\n");
}

std::string refusal(const std::string& text) {
  return tests::config_error([&] { policy(text); });
}

std::string entry_refusal(const std::string& entry) {
  return tests::config_error([&] { role_asks(entry); });
}

std::vector<std::string> rules(const policies::approvals::Terms& terms) {
  std::vector<std::string> texts;
  for (const auto& clause : terms.clauses) texts.push_back(clause.rule);
  return texts;
}

}  // namespace

TEST_CASE("a matching approve asks, whatever else allows the call", "[policies]") {
  const Policy asking = role_asks(R"({tools: "*/delete_*", by: [ops], expires: 2h})");
  const auto terms = asking.approval_terms("a", "files", "delete_all", Json::object());
  REQUIRE(terms.clauses.size() == 1);
  CHECK(terms.clauses[0].rule ==
        "role writer: approve */delete_* by ops quorum 1 wait 45000ms expires 7200000ms");
  CHECK(terms.clauses[0].by == std::vector<std::string>{"ops"});
  CHECK(terms.wait == std::chrono::seconds(45));
  CHECK(terms.expires == std::chrono::hours(2));
  CHECK(asking.approval_terms("a", "files", "read", Json::object()).empty());
  CHECK(asking.approval_terms("nobody", "files", "delete_all", Json::object()).empty());
}

TEST_CASE("when looks at the arguments; what cannot be decided asks", "[policies]") {
  const Policy asking =
      role_asks(R"({when: {required: [path], properties: {path: {type: string}}}, by: [ops]})");
  CHECK(asking.approval_terms("a", "files", "x", {{"force", true}}).empty());
  CHECK_FALSE(asking.approval_terms("a", "files", "x", {{"path", "/"}}).empty());

  Json many = Json::array();
  for (int i = 0; i < 40'000; ++i) many.push_back(std::to_string(i));
  const Policy heavy = role_asks(
      R"({when: {required: [list], properties: {list: {type: array, items: {type: string, anyOf: [{maxLength: 0}, {maxLength: 0}, {maxLength: 0}, {maxLength: 0}, {maxLength: 0}, {minLength: 1}]}}}}, by: [ops]})");
  CHECK_FALSE(heavy.approval_terms("a", "files", "x", {{"list", many}}).empty());
}

TEST_CASE("entries of defaults, tenant and all roles ask together, in any order of roles",
          "[policies]") {
  const auto terms_with = [](const std::string& roles) {
    return policy(R"(defaults: {approve: [{by: [ann], wait: 0s}]}
tenants: {acme: {approve: [{by: [bob], quorum: 1, wait: 5s, expires: 1m}]}}
agents: {a: {tenant: acme, roles: [)" +
                  roles + R"(]}}
roles:
  one: {allow: ["*"], approve: [{tools: files/*, by: [ops], quorum: 2}]}
  two: {approve: [{tools: files/*, by: [ops], on_timeout: escalate, escalate_to: [bob]}]}
)")
        .approval_terms("a", "files", "x", Json::object());
  };
  const auto terms = terms_with("one, two");
  CHECK(terms.clauses.size() == 4);
  CHECK(terms.wait == std::chrono::milliseconds(0));
  CHECK(terms.expires == std::chrono::minutes(1));
  CHECK(rules(terms_with("two, one")) == rules(terms));
}

TEST_CASE("the text of a rule holds all that it says and not where it stands", "[policies]") {
  const auto text = [](const std::string& entry, const std::string& before = "") {
    return rules(policy(before + "agents: {a: {roles: [w]}}\nroles: {w: {approve: [" + entry +
                        "]}}\n")
                     .approval_terms("a", "files", "x", {{"n", 1}}))
        .front();
  };
  const std::string plain = text("{by: [ann, bob]}");
  CHECK(text("{by: [ann, bob]}", "timezone: UTC\n") == plain);
  CHECK(text("{by: [ann, bob], on_timeout: deny}") == plain);
  for (const char* other :
       {"{by: [bob, ann]}", "{by: [ann, bob], tools: files/*}", "{by: [ann, bob], quorum: 2}",
        "{by: [ann, bob], wait: 44s}", "{by: [ann, bob], expires: 23h}",
        "{by: [ann, bob], when: {required: [n]}}", "{by: [ann, bob], ask: client}",
        "{by: [ann, bob], on_timeout: escalate, escalate_to: [ann]}"}) {
    CHECK(text(other) != plain);
  }
}

TEST_CASE("ask: client lets the person at the client answer, alone", "[policies]") {
  CHECK(entry_refusal("{by: [ops], ask: people}").find("expected client; found 'people'") !=
        std::string::npos);
  CHECK(entry_refusal("{by: [ops], ask: client, quorum: 2}").find("leave 'quorum' out") !=
        std::string::npos);
  CHECK(entry_refusal("{ask: client}").find("needs 'by'") != std::string::npos);
}

TEST_CASE("a login names a person", "[policies]") {
  const Policy known = policy("");
  REQUIRE(known.find_person("unix:ann") != nullptr);
  CHECK(known.find_person("unix:ann")->name == "ann");
  CHECK(known.find_person("unix:ann")->may_approve);
  CHECK_FALSE(known.find_person("unix:joe")->may_approve);
  CHECK(known.find_person("unix:root") == nullptr);
}

TEST_CASE("a person may have no login, and is known by name", "[policies]") {
  const Policy known(policies::parse_policy("people: {eve: {may: [approve]}}\n", "p.yaml"));
  CHECK(known.logins().empty());
  REQUIRE(known.person_named("eve") != nullptr);
  CHECK(known.person_named("eve")->may_approve);
  CHECK(known.person_named("bob") == nullptr);
}

TEST_CASE("who is asked must exist and be able to answer", "[policies]") {
  CHECK(entry_refusal("{by: [opss]}") ==
        "p.yaml:6:46: there is no person or group 'opss'; did you mean 'ops'?");
  CHECK(entry_refusal("{by: [guests]}").find("nobody who is asked here may approve") !=
        std::string::npos);
  CHECK(entry_refusal("{by: [ops, ann], quorum: 3}").find("only 2 of those") != std::string::npos);
  CHECK(entry_refusal("{by: [ops], on_timeout: escalate, escalate_to: [joe]}")
            .find("nobody who is asked here may approve") != std::string::npos);
}

TEST_CASE("an approve entry says what is wrong with it", "[policies]") {
  const std::pair<const char*, const char*> wrong[] = {
      {"{tools: files/*}", "needs 'by'"},
      {"{by: []}", "found an empty list"},
      {"{by: [ops, ops]}", "stands here twice"},
      {"{by: [ops], quorum: 0}", "from 1 to 20"},
      {"{by: [ops], wait: 11m}", "waits 10m at most"},
      {"{by: [ops], expires: 31d}", "from 1s to 30d"},
      {"{by: [ops], on_timeout: allow}", "expected deny or escalate"},
      {"{by: [ops], on_timeout: escalate}", "needs 'escalate_to'"},
      {"{by: [ops], escalate_to: [ann]}", "needs 'on_timeout: escalate'"},
      {"{by: [ops], when: {requird: [path]}}", "requird"},
      {"{by: [ops], money: 5}", "money"},
  };
  for (const auto& [entry, words] : wrong) {
    CAPTURE(entry);
    CHECK(entry_refusal(entry).find(words) != std::string::npos);
  }
}

TEST_CASE("people say who they are, and nobody twice", "[policies]") {
  CHECK(refusal("agents: {a: {owner: an}}\n") ==
        "p.yaml:5:21: there is no person 'an'; did you mean 'ann'?");
  const auto wrong = [](const std::string& text) {
    return tests::config_error([&] { policies::parse_policy("people: " + text + "\n", "p.yaml"); });
  };
  CHECK(wrong("{x: {login: [root]}}").find("expected a login such as unix:ops") !=
        std::string::npos);
  CHECK(wrong("{x: {login: [\"https://idp/|x\"]}}").find("is not supported yet") !=
        std::string::npos);
  CHECK(wrong("{x: {login: [\"unix:x\"], may: [keys]}}").find("'may: keys' is not supported yet") !=
        std::string::npos);
  CHECK(wrong("{x: {login: [\"unix:x\"], may: [fly]}}").find("expected approve") !=
        std::string::npos);
  CHECK(wrong("{x: {login: [\"unix:x\"]}, y: {login: [\"unix:x\"]}}")
            .find("belongs to x already") != std::string::npos);
}

}  // namespace approve_rules_test
