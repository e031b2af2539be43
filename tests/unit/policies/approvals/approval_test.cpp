#include "policies/approvals/approval.h"

#include <functional>
#include <set>

#include <catch2/catch.hpp>

#include "tests/support/asks.h"

namespace approval_test {

using namespace policies::approvals;

TEST_CASE("any change of what an approval is bound to is another question", "[approvals]") {
  const std::vector<std::function<void(Ask&)>> changes = {
      [](Ask& ask) { ask.tenant = "acm"; },
      [](Ask& ask) { ask.agent = "b"; },
      [](Ask& ask) { ask.tool = "files/remove"; },
      [](Ask& ask) { ask.definition = "d2"; },
      [](Ask& ask) { ask.arguments = R"({"path":"y"})"; },
      [](Ask& ask) { ask.allowed_by = "role writer: allow *"; },
      [](Ask& ask) { ask.terms.clauses.front().rule += "!"; },
      [](Ask& ask) { ask.terms.clauses.push_back(tests::clause_of({"finance"})); },
      // Bytes that move from one part to its neighbour.
      [](Ask& ask) { ask.tenant = "acmea", ask.agent = ""; },
  };
  std::set<std::string> prints = {fingerprint(tests::ask_of())};
  for (const auto& change : changes) {
    Ask ask = tests::ask_of();
    change(ask);
    CHECK(prints.insert(fingerprint(ask)).second);
  }
}

TEST_CASE("who asked, and which call asked first, make no other question", "[approvals]") {
  Ask ask = tests::ask_of();
  ask.request = "req_2";
  ask.owner = "olga";
  CHECK(fingerprint(ask) == fingerprint(tests::ask_of()));
}

TEST_CASE("a family is one tool's calls with whatever arguments", "[approvals]") {
  CHECK(family(tests::ask_of("{}")) == family(tests::ask_of()));
  Ask other = tests::ask_of();
  other.definition = "d2";
  CHECK(family(other) != family(tests::ask_of()));
}

TEST_CASE("the person at the client meets what lets them, and counts as nobody else", "[approvals]") {
  const Decider user = person_at_client("ops", "key 1");
  CHECK(user.person == "the user of agent ops");
  Approval approval;
  approval.clauses = {tests::clause_of({"ops", user.person}), tests::clause_of({"ops"})};
  CHECK_FALSE(approval.asks(user));
  approval.clauses.back().client = true;
  CHECK(approval.asks(user));
  approval.votes.push_back({user, true, "", {}});
  CHECK_FALSE(approval.asks(user));
  CHECK_FALSE(approval.met());
  approval.clauses.erase(approval.clauses.begin());
  CHECK(approval.met());
  approval.votes = {{user, false, "", {}}};
  CHECK_FALSE(approval.met());
  approval.votes = {{{"ann", "unix:ann", {"ops"}}, true, "", {}}};
  CHECK(approval.met());
}

TEST_CASE("a clause is met by as many different people as its quorum says", "[approvals]") {
  Approval approval;
  approval.clauses = {tests::clause_of({"ops", "zoe"}, 2), tests::clause_of({"finance"})};
  CHECK(approval.waits_for() == std::vector<std::string>{"ops", "zoe", "finance"});
  approval.votes.push_back({{"ann", "unix:ann", {"ops"}}, true, "", {}});
  CHECK_FALSE(approval.met());
  approval.votes.push_back({{"zoe", "unix:zoe", {}}, true, "", {}});
  CHECK(approval.waits_for() == std::vector<std::string>{"finance"});
  CHECK_FALSE(approval.asks({"bob", "unix:bob", {"ops"}}));
  CHECK(approval.asks({"eve", "unix:eve", {"finance"}}));
  approval.votes.push_back({{"eve", "unix:eve", {"finance"}}, true, "", {}});
  CHECK(approval.met());
}

}  // namespace approval_test
