#include "policies/approvals/memory_approvals.h"

#include <catch2/catch.hpp>

#include "tests/support/asks.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_task.h"

namespace memory_approvals_test {

using base::Code;
using base::Json;
using namespace policies::approvals;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

struct Fixture {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryApprovals approvals{journal, clock};

  Answer ask(Ask question = tests::ask_of()) {
    auto answer = tests::run_task(approvals.ask(std::move(question)));
    REQUIRE(answer.ok());
    return *std::move(answer);
  }
  base::Result<Approval> decide(const std::string& id, Decision decision) {
    return tests::run_task(approvals.decide(id, std::move(decision)));
  }
  base::Task<bool> settle() {
    co_await approvals.settle();
    co_return true;
  }
  auto claim(const std::string& id, const std::string& request = "req_2") {
    return tests::run_task(approvals.claim(id, request));
  }
  /// Asked and approved by ann.
  std::string approved(Ask question = tests::ask_of()) {
    const std::string id = ask(std::move(question)).approval.id;
    REQUIRE(decide(id, tests::word_of("ann")).ok());
    return id;
  }
  std::vector<std::string> events() const {
    std::vector<std::string> names;
    for (const auto& entry : journal.entries) {
      names.push_back(Json::parse(entry.body)["event"].get<std::string>());
    }
    return names;
  }
};

}  // namespace

TEST_CASE("the same question has one approval, which is recorded before it is answered",
          "[approvals]") {
  Fixture f;
  const Approval first = f.ask().approval;
  CHECK(first.state == State::pending);
  CHECK(first.until == f.clock.wall() + hours(1));
  CHECK(f.ask().approval.id == first.id);
  CHECK(f.ask(tests::ask_of("{}")).approval.id != first.id);
  CHECK(f.events() == std::vector<std::string>{"asked", "asked"});
  CHECK(Json::parse(f.journal.entries[0].body)["arguments"] == R"({"path":"x"})");
}

TEST_CASE("a question that cannot be recorded was not asked", "[approvals]") {
  Fixture f;
  f.journal.fails = true;
  CHECK(tests::run_task(f.approvals.ask(tests::ask_of())).error().code == Code::unavailable);
  CHECK(tests::run_task(f.approvals.list())->empty());
}

TEST_CASE("an approval is used once", "[approvals]") {
  Fixture f;
  const std::string id = f.approved();
  CHECK(f.ask().approval.state == State::approved);
  auto grant = f.claim(id);
  REQUIRE(grant.ok());
  CHECK(f.claim(id, "req_3").error().message == "Approval " + id + " was used by call req_2.");
  auto entries = (*grant)->entries("int_2");
  REQUIRE(entries.size() == 1);
  const Json event = Json::parse(entries[0].body);
  CHECK(event["intent"] == "int_2");
  CHECK(event["state"] == "redeemed");
  CHECK(event["left"] == "nothing");
  (*grant)->committed();
  grant->reset();
  CHECK(f.claim(id, "req_3").error().code == Code::refused);
  CHECK(f.ask().approval.id != id);
}

TEST_CASE("a use that was not committed can be tried again", "[approvals]") {
  Fixture f;
  const std::string id = f.approved();
  CHECK(f.claim(id).ok());
  CHECK(f.claim(id, "req_3").ok());
}

TEST_CASE("what is not approved cannot be used", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  CHECK(f.claim(id).error().code == Code::not_found);
  REQUIRE(f.decide(id, tests::word_of("ann", false)).ok());
  CHECK(f.claim(id).error().code == Code::not_found);
  CHECK(f.claim("apr_NOSUCH").error().code == Code::not_found);
}

TEST_CASE("a second decision is told who decided first, also when it was used", "[approvals]") {
  Fixture f;
  const std::string id = f.approved();
  const std::string told = "ann approved " + id + " at 2026-11-20T12:00:00Z.";
  CHECK(f.decide(id, tests::word_of("bob", false)).error().message == told);
  auto grant = f.claim(id);
  (*grant)->committed();
  const auto late = f.decide(id, tests::word_of("bob"));
  CHECK(late.error().code == Code::refused);
  CHECK(late.error().message == told);
}

TEST_CASE("only people who are asked decide", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  const auto stranger = f.decide(id, tests::word_of("eve", true, {"finance"}));
  CHECK(stranger.error().code == Code::unauthorized);
  CHECK(stranger.error().message == "Approval " + id + " waits for ops; eve is none of them.");
  CHECK(f.decide("apr_NOSUCH", tests::word_of("ann")).error().code == Code::not_found);
  CHECK(f.ask().approval.state == State::pending);
}

TEST_CASE("nobody decides what an agent of their own may do", "[approvals]") {
  Fixture f;
  Ask question = tests::ask_of();
  question.owner = "ann";
  const std::string id = f.ask(question).approval.id;
  CHECK(f.decide(id, tests::word_of("ann")).error().code == Code::unauthorized);
  CHECK(f.decide(id, tests::word_of("bob")).ok());
}

TEST_CASE("a quorum needs different people, and one of them can deny", "[approvals]") {
  Fixture f;
  Ask question = tests::ask_of();
  question.terms.clauses = {tests::clause_of({"ops"}, 2)};
  const std::string id = f.ask(question).approval.id;
  CHECK(f.decide(id, tests::word_of("ann"))->state == State::pending);
  CHECK(f.decide(id, tests::word_of("ann")).error().code == Code::refused);
  CHECK(f.decide(id, tests::word_of("bob"))->state == State::approved);

  question.arguments = "{}";
  const std::string other = f.ask(question).approval.id;
  CHECK(f.decide(other, tests::word_of("ann")).ok());
  CHECK(f.decide(other, tests::word_of("bob", false))->state == State::denied);
}

TEST_CASE("an edit is another call: what others agreed to does not count for it", "[approvals]") {
  Fixture f;
  Ask question = tests::ask_of();
  question.terms.clauses = {tests::clause_of({"ops"}, 2)};
  const std::string id = f.ask(question).approval.id;
  CHECK(f.decide(id, tests::word_of("ann")).ok());
  Decision edit = tests::word_of("bob");
  edit.edit = question;
  edit.edit->arguments = R"({"path":"y"})";
  edit.edit->terms.clauses.push_back(tests::clause_of({"finance"}));
  const auto edited = f.decide(id, edit);
  REQUIRE(edited.ok());
  CHECK(edited->edited == R"({"path":"y"})");
  CHECK(edited->edited_print == fingerprint(*edit.edit));
  CHECK(edited->waits_for() == std::vector<std::string>{"ops", "finance"});
  CHECK(f.decide(id, tests::word_of("ann"))->state == State::pending);
  CHECK(f.decide(id, tests::word_of("eve", true, {"finance"}))->state == State::approved);
  CHECK(f.ask(question).approval.edited == R"({"path":"y"})");
}

TEST_CASE("an edit cannot turn the call into another tool's, or another definition's",
          "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  Decision edit = tests::word_of("bob");
  edit.edit = tests::ask_of("{}");
  edit.edit->definition = "d2";
  CHECK(f.decide(id, edit).error().code == Code::invalid);
  CHECK(f.ask().approval.state == State::pending);
}

TEST_CASE("a decision that cannot be recorded is none", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  f.journal.fails = true;
  CHECK(f.decide(id, tests::word_of("ann")).error().code == Code::unavailable);
  f.journal.fails = false;
  CHECK(f.ask().approval.state == State::pending);
  CHECK(f.decide(id, tests::word_of("bob", false)).ok());
}

TEST_CASE("what nobody decides is denied by the clock, and said to be", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  f.clock.pass(hours(1));
  const Approval expired = f.ask().approval;
  CHECK(expired.id == id);
  CHECK(expired.state == State::expired);
  CHECK(expired.decided_by().empty());
  CHECK(f.decide(id, tests::word_of("ann")).error().message ==
        "Approval " + id + " expired: nobody decided in time.");
  REQUIRE(tests::run_task(f.approvals.end(id, "told")).ok());
  CHECK(f.ask().approval.id != id);
  CHECK(f.events() == std::vector<std::string>{"asked", "expired", "ended", "asked"});
}

TEST_CASE("escalation asks more people before the clock decides", "[approvals]") {
  Fixture f;
  Ask question = tests::ask_of();
  question.terms.clauses = {tests::clause_of({"ops"}, 1, {"directors"})};
  const std::string id = f.ask(question).approval.id;
  CHECK(f.decide(id, tests::word_of("dora", true, {"directors"})).error().code ==
        Code::unauthorized);
  f.clock.pass(hours(1));
  const Approval escalated = f.ask(question).approval;
  CHECK(escalated.state == State::pending);
  CHECK(escalated.waits_for() == std::vector<std::string>{"ops", "directors"});
  f.clock.pass(minutes(59));
  CHECK(f.decide(id, tests::word_of("dora", true, {"directors"}))->state == State::approved);
  question.arguments = "{}";
  f.ask(question);
  f.clock.pass(hours(1));
  f.ask(question);
  f.clock.pass(hours(1));
  CHECK(f.ask(question).approval.state == State::expired);
}

TEST_CASE("a denial stands for a while, so that people are not asked again and again",
          "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  REQUIRE(f.decide(id, tests::word_of("ann", false)).ok());
  f.clock.pass(minutes(59));
  CHECK(f.ask().approval.id == id);
  f.clock.pass(minutes(1));
  CHECK(f.ask().approval.id != id);
}

TEST_CASE("an approval that is not collected in time is gone", "[approvals]") {
  Fixture f;
  const std::string id = f.approved();
  f.clock.pass(hours(1));
  CHECK(f.claim(id).error().code == Code::not_found);
  CHECK(f.ask().approval.id != id);
}

TEST_CASE("what is remembered holds for like calls, until its time has passed", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  Decision decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + hours(8), R"({"properties":{"path":{"const":"x"}}})"};
  REQUIRE(f.decide(id, decision).ok());
  for (int i = 0; i < 2; ++i) {
    const Answer answer = f.ask(tests::ask_of(R"({"path":"x","force":true})"));
    CHECK(answer.is_remembered);
    CHECK(answer.approval.id == id);
  }
  CHECK_FALSE(f.ask(tests::ask_of(R"({"path":"y"})")).is_remembered);
  Ask changed = tests::ask_of();
  changed.definition = "d2";
  CHECK_FALSE(f.ask(changed).is_remembered);
  f.clock.pass(hours(8));
  CHECK_FALSE(f.ask().is_remembered);
}

TEST_CASE("that something is forgotten is recorded with who said so, or it is not", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  Decision decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + hours(8), "{}"};
  REQUIRE(f.decide(id, decision).ok());
  auto grant = f.claim(id);
  (*grant)->committed();
  const auto forget = [&] {
    return tests::run_task(f.approvals.forget(id, tests::word_of("bob").decider));
  };
  f.journal.fails = true;
  CHECK(forget().error().code == Code::unavailable);
  CHECK(f.ask().is_remembered);
  f.journal.fails = false;
  REQUIRE(forget().ok());
  const Json event = Json::parse(f.journal.entries.back().body);
  CHECK(event["event"] == "forgotten");
  CHECK(event["person"] == "bob");
  CHECK(event["left"] == "nothing");
  CHECK_FALSE(f.ask().is_remembered);
}

TEST_CASE("what is remembered ends at its time, also when the approval itself was not collected",
          "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  Decision decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + minutes(10), "true"};
  REQUIRE(f.decide(id, decision).ok());
  f.clock.pass(minutes(9));
  CHECK(f.ask(tests::ask_of("{}")).is_remembered);
  f.clock.pass(minutes(1));
  CHECK_FALSE(f.ask(tests::ask_of("{}")).is_remembered);
  CHECK(f.claim(id).ok());
}

TEST_CASE("formats count in what is remembered", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  Decision decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + hours(8), R"({"properties":{"path":{"format":"ipv4"}}})"};
  REQUIRE(f.decide(id, decision).ok());
  CHECK(f.ask(tests::ask_of(R"({"path":"127.0.0.1"})")).is_remembered);
  CHECK_FALSE(f.ask(tests::ask_of(R"({"path":"/etc/passwd"})")).is_remembered);
}

TEST_CASE("nothing is remembered on the word of one where more people must agree", "[approvals]") {
  Fixture f;
  Ask question = tests::ask_of();
  question.terms.clauses = {tests::clause_of({"ops"}, 2)};
  const std::string id = f.ask(question).approval.id;
  Decision first = tests::word_of("ann");
  first.remember = {f.clock.wall() + hours(8), "true"};
  CHECK(f.decide(id, first).error().code == Code::invalid);
  REQUIRE(f.decide(id, tests::word_of("ann")).ok());
  Decision second = tests::word_of("bob");
  second.remember = first.remember;
  CHECK(f.decide(id, second).error().code == Code::invalid);
  CHECK(f.decide(id, tests::word_of("bob"))->state == State::approved);
}

TEST_CASE("what is no schema is not remembered", "[approvals]") {
  Fixture f;
  const std::string id = f.ask().approval.id;
  Decision decision = tests::word_of("ann");
  for (const char* text : {"", "7", R"({"type":"nonsense"})"}) {
    decision.remember = {f.clock.wall() + hours(8), text};
    CHECK(f.decide(id, decision).error().code == Code::invalid);
  }
}

TEST_CASE("people are told that they are asked, that more are, and how it ended, each once",
          "[approvals]") {
  Fixture f;
  std::vector<std::string> told;
  f.approvals.observe([&](const Approval& approval, Notice notice) {
    told.push_back(std::string(to_string(notice)) + " " + std::string(to_string(approval.state)));
  });
  Ask question = tests::ask_of();
  question.terms.clauses = {tests::clause_of({"ops"}, 2, {"directors"})};
  const std::string id = f.ask(question).approval.id;
  f.ask(question);
  CHECK(told == std::vector<std::string>{"created pending"});
  CHECK(f.decide(id, tests::word_of("ann")).ok());
  f.clock.pass(hours(1));
  for (int look = 0; look < 2; ++look) tests::run_task(f.settle());
  CHECK(f.decide(id, tests::word_of("dora", true, {"directors"})).ok());
  told.erase(told.begin());
  CHECK(told == std::vector<std::string>{"escalated pending", "decided approved"});
  told.clear();
  f.ask(tests::ask_of("{}"));
  f.clock.pass(hours(1));
  for (int look = 0; look < 2; ++look) tests::run_task(f.settle());
  CHECK(told == std::vector<std::string>{"created pending", "decided expired"});
  f.journal.fails = true;
  CHECK_FALSE(tests::run_task(f.approvals.ask(tests::ask_of("1"))).ok());
  CHECK(told.size() == 2);
}

TEST_CASE("an agent may not make people wade through questions", "[approvals]") {
  Fixture f;
  MemoryApprovals bounded(f.journal, f.clock, {}, {2, 100});
  const auto ask = [&](const std::string& agent, int number) {
    Ask question = tests::ask_of(std::to_string(number));
    question.agent = agent;
    return tests::run_task(bounded.ask(question));
  };
  CHECK(ask("a", 1).ok());
  CHECK(ask("a", 2).ok());
  CHECK(ask("a", 3).error().code == Code::limit);
  CHECK(ask("a", 1).ok());
  CHECK(ask("b", 1).ok());
}

}  // namespace memory_approvals_test
