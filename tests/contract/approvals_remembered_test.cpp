#include "policies/approvals/approvals.h"

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "tests/contract/approvals_subject.h"
#include "tests/support/asks.h"

namespace approvals_remembered_test {

using namespace policies::approvals;
using namespace tests::approvals;
using base::Code;
using std::chrono::hours;
using std::chrono::milliseconds;

TEST_CASE("approvals: what is remembered holds for like calls until its time has passed",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + milliseconds(2'000),
                         R"({"properties":{"path":{"const":"x"}}})"};
    REQUIRE(subject->decide(id, decision).ok());
    // Used by the call that waited, it stands for the others.
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    subject->commit(*std::move(grant));
    for (std::size_t gateway = 0; gateway < 3; ++gateway) {
      const Answer answer = subject->ask(tests::ask_of(R"({"path":"x","force":true})"), gateway);
      CHECK(answer.is_remembered);
      CHECK(answer.approval.id == id);
    }
    CHECK_FALSE(subject->ask(tests::ask_of(R"({"path":"y"})")).is_remembered);
    Ask changed = tests::ask_of();
    changed.definition = "d2";
    CHECK_FALSE(subject->ask(changed).is_remembered);
    ::usleep(2'050'000);
    CHECK_FALSE(subject->ask().is_remembered);
  }
}

TEST_CASE("approvals: what is forgotten is asked about again, what its own call may do stands",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Decider bob = tests::word_of("bob").decider;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), "{}"};
    const std::string id = subject->ask().approval.id;
    CHECK(subject->run(subject->at(0).forget(id, bob)).error().code == Code::not_found);
    REQUIRE(subject->decide(id, decision).ok());
    CHECK(subject->ask(tests::ask_of("1")).is_remembered);
    const auto forgotten = subject->run(subject->at(2).forget(id, bob));
    REQUIRE(forgotten.ok());
    CHECK_FALSE(forgotten->remembered);
    CHECK(forgotten->until - forgotten->asked < hours(2));
    CHECK_FALSE(subject->ask(tests::ask_of("2")).is_remembered);
    const Answer own = subject->ask();
    CHECK_FALSE(own.is_remembered);
    CHECK(own.approval.state == State::approved);
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    subject->commit(*std::move(grant));
    CHECK(subject->run(subject->at(0).find(id)).error().code == Code::not_found);

    // One that was used, of which nothing else was left.
    const std::string used = subject->ask(tests::ask_of("3")).approval.id;
    REQUIRE(subject->decide(used, decision).ok());
    auto other = subject->claim(used, "req_3");
    subject->commit(*std::move(other));
    CHECK(subject->ask(tests::ask_of("4")).is_remembered);
    REQUIRE(subject->run(subject->at(1).forget(used, bob)).ok());
    CHECK_FALSE(subject->ask(tests::ask_of("5")).is_remembered);
    CHECK(subject->run(subject->at(0).find(used)).error().code == Code::not_found);
    CHECK(subject->run(subject->at(0).forget(used, bob)).error().code == Code::not_found);
    CHECK(subject->claim(used, "req_4").error().code == Code::refused);
  }
}

TEST_CASE("approvals: one word is not remembered where two must agree, nor beyond its own time",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of("1");
    question.terms.clauses = {tests::clause_of({"ops"}, 2)};
    const std::string id = subject->ask(question).approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), "true"};
    CHECK(subject->decide(id, decision).error().code == Code::invalid);
    REQUIRE(subject->decide(id, tests::word_of("ann")).ok());
    decision.decider = tests::word_of("bob").decider;
    CHECK(subject->decide(id, decision).error().code == Code::invalid);
    CHECK(subject->decide(id, tests::word_of("bob"))->state == State::approved);

    // An approval that nobody collects stands for longer than what is remembered of it.
    const std::string other = subject->ask().approval.id;
    decision.remember->until = std::chrono::system_clock::now() + milliseconds(500);
    REQUIRE(subject->decide(other, decision).ok());
    CHECK(subject->ask(tests::ask_of("2")).is_remembered);
    ::usleep(550'000);
    CHECK_FALSE(subject->ask(tests::ask_of("3")).is_remembered);
    CHECK(subject->claim(other, "req_2").ok());
  }
}

TEST_CASE("approvals: what is no schema is not remembered", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), R"({"type":"nonsense"})"};
    CHECK(subject->decide(id, decision).error().code == Code::invalid);
    CHECK(subject->ask().approval.state == State::pending);
  }
}

TEST_CASE("approvals: that a call may go over a budget is decided for that call alone",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    Clause over = tests::clause_of({"ops"});
    over.rule = "role writer: budget daily of 5.00 EUR";
    over.budget = "role/writer/daily/money";
    over.why = "Budget writer/daily: 5.00 of 5.00 EUR used.";
    question.terms.add(over, question.terms.wait, question.terms.expires);
    const Approval asked = subject->ask(question).approval;
    REQUIRE(asked.clauses.size() == 2);
    CHECK(asked.clauses[1].budget == over.budget);
    CHECK(asked.clauses[1].why == over.why);
    CHECK(subject->ask().approval.id != asked.id);  // without the budget it is another question
    Decision decision = tests::word_of("ann");
    decision.remember = {std::chrono::system_clock::now() + hours(8), "{}"};
    const auto refused = subject->decide(asked.id, decision);
    CHECK(refused.error().code == Code::invalid);
    CHECK(refused.error().message.find("nothing is remembered of that") != std::string::npos);
    decision.remember.reset();
    CHECK(subject->decide(asked.id, decision)->state == State::approved);
    CHECK_FALSE(subject->ask(question).is_remembered);
  }
}

}  // namespace approvals_remembered_test
