#include "policies/approvals/approvals.h"

#include <algorithm>
#include <future>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/contract/approvals_subject.h"
#include "tests/support/asks.h"

namespace approvals_decisions_test {

using namespace policies::approvals;
using namespace tests::approvals;
using base::Code;

TEST_CASE("approvals: of people who decide at once one does, the others hear who it was",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    std::vector<std::future<base::Result<Approval>>> words;
    for (std::size_t person = 0; person < 30; ++person) {
      const auto word = tests::word_of("person" + std::to_string(person), person % 2 == 0);
      words.push_back(subject->begin(subject->at(person).decide(id, word), person % 2));
    }
    std::string who;
    std::vector<std::string> told;
    for (auto& word : words) {
      const auto decided = word.get();
      if (decided) {
        CHECK(who.empty());
        who = decided->decided_by();
      } else {
        CHECK(decided.error().code == Code::refused);
        told.push_back(decided.error().message);
      }
    }
    CHECK(told.size() == 29);
    CHECK(std::all_of(told.begin(), told.end(),
                      [&](const std::string& text) { return text.starts_with(who + " "); }));
    CHECK(subject->ask().approval.decided_by() == who);
  }
}

TEST_CASE("approvals: only people who are asked decide, and no owner", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    question.owner = "ann";
    const std::string id = subject->ask(question).approval.id;
    CHECK(subject->decide(id, tests::word_of("ann")).error().code == Code::unauthorized);
    CHECK(subject->decide(id, tests::word_of("eve", true, {"finance"})).error().message ==
          "Approval " + id + " waits for ops; eve is none of them.");
    CHECK(subject->decide("apr_NOSUCH0", tests::word_of("bob")).error().code == Code::not_found);
    CHECK(subject->decide(id, tests::word_of("bob", false))->state == State::denied);
    CHECK(subject->ask(question).approval.state == State::denied);
    REQUIRE(subject->run(subject->at(2).end(id, "told")).ok());
    CHECK(subject->ask(question).approval.id != id);
  }
}

TEST_CASE("approvals: a quorum needs different people", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    question.terms.clauses = {tests::clause_of({"ops"}, 2)};
    const std::string id = subject->ask(question).approval.id;
    CHECK(subject->decide(id, tests::word_of("ann"), 0)->state == State::pending);
    CHECK(subject->decide(id, tests::word_of("ann"), 1).error().code == Code::refused);
    CHECK(subject->decide(id, tests::word_of("bob"), 2)->state == State::approved);
  }
}

TEST_CASE("approvals: an edit is another call, for which earlier words do not count",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = tests::ask_of();
    question.terms.clauses = {tests::clause_of({"ops"}, 2)};
    const std::string id = subject->ask(question).approval.id;
    REQUIRE(subject->decide(id, tests::word_of("ann"), 0).ok());
    Decision edit = tests::word_of("bob");
    edit.edit = question;
    edit.edit->arguments = R"({"path":"y"})";
    CHECK(subject->decide(id, edit, 1)->state == State::pending);
    CHECK(subject->decide(id, tests::word_of("ann"), 2)->state == State::approved);
    const Approval approved = subject->ask(question).approval;
    CHECK(approved.id == id);
    CHECK(approved.edited == R"({"path":"y"})");
    CHECK(approved.edited_print == fingerprint(*edit.edit));
    edit.edit->definition = "d2";
    const std::string other = subject->ask(tests::ask_of("{}")).approval.id;
    CHECK(subject->decide(other, edit).error().code == Code::invalid);
  }
}

}  // namespace approvals_decisions_test
