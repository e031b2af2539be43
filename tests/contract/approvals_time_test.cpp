#include "policies/approvals/approvals.h"

#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/contract/approvals_subject.h"
#include "tests/support/asks.h"

namespace approvals_time_test {

using namespace policies::approvals;
using namespace tests::approvals;
using base::Code;
using std::chrono::milliseconds;

TEST_CASE("approvals: the clock asks more people, then denies, and is said to", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    Ask question = short_question(milliseconds(600));
    question.terms.clauses = {tests::clause_of({"ops"}, 1, {"directors"})};
    const std::string id = subject->ask(question).approval.id;
    const auto settled = [](Approvals& approvals) -> base::Task<bool> {
      co_await approvals.settle();
      co_return true;
    };
    // Nobody looks at it, but the clock of every gateway.
    for (std::size_t gateway = 0; gateway < 3; ++gateway) {
      ::usleep(gateway == 0 ? 650'000 : 0);
      subject->run(settled(subject->at(gateway)));
    }
    const auto list = subject->run(subject->at(0).list());
    REQUIRE(list->size() == 1);
    CHECK(list->front().escalated);
    CHECK(list->front().state == State::pending);
    CHECK(list->front().waits_for() == std::vector<std::string>{"ops", "directors"});
    ::usleep(650'000);
    const auto late = subject->decide(id, tests::word_of("dora", true, {"directors"}));
    CHECK(late.error().message == "Approval " + id + " expired: nobody decided in time.");
    CHECK(subject->ask(question).approval.decided_by().empty());
    ::usleep(650'000);
    CHECK(subject->ask(question).approval.id != id);
  }
}

TEST_CASE("approvals: an approval that is not collected in time is gone", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->approved(short_question(milliseconds(1'000)));
    ::usleep(1'050'000);
    CHECK(subject->claim(id, "req_2").error().code == Code::not_found);
  }
}

TEST_CASE("approvals: a call that waits goes on within a second of the decision elsewhere",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    auto& loop = subject->loops().at(1);
    auto waiting = subject->begin(subject->at(0).wait(loop, id, milliseconds(20'000), nullptr), 1);
    CHECK(waiting.wait_for(milliseconds(600)) == std::future_status::timeout);
    REQUIRE(subject->decide(id, tests::word_of("ann")).ok());
    REQUIRE(waiting.wait_for(milliseconds(1'000)) == std::future_status::ready);
    CHECK(waiting.get()->state == State::approved);
  }
}

TEST_CASE("approvals: a wait ends with its time, its caller or the process", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    auto& loop = subject->loops().at(1);
    CHECK(subject->run(subject->at(0).wait(loop, id, milliseconds(50), nullptr), 1)->state ==
          State::pending);
    base::Cancellation cancellation;
    auto given_up =
        subject->begin(subject->at(0).wait(loop, id, milliseconds(20'000), &cancellation), 1);
    CHECK(given_up.wait_for(milliseconds(50)) == std::future_status::timeout);
    const auto give_up = [&]() -> base::Task<bool> {
      cancellation.request();
      co_return true;
    };
    subject->run(give_up(), 1);
    REQUIRE(given_up.wait_for(milliseconds(500)) == std::future_status::ready);
    auto ended = subject->begin(subject->at(0).wait(loop, id, milliseconds(20'000), nullptr), 1);
    CHECK(ended.wait_for(milliseconds(50)) == std::future_status::timeout);
    subject->at(0).end_waiting();
    REQUIRE(ended.wait_for(milliseconds(500)) == std::future_status::ready);
    CHECK(ended.get()->state == State::pending);
  }
}

TEST_CASE("approvals: of all gateways exactly one tells people", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    std::mutex mutex;
    std::vector<std::string> told;
    for (std::size_t gateway = 0; gateway < subject->gateways(); ++gateway) {
      subject->at(gateway).observe([&](const Approval& approval, Notice notice) {
        const std::lock_guard lock(mutex);
        told.push_back(std::string(to_string(notice)) + " " +
                       std::string(to_string(approval.state)));
      });
    }
    const auto settled = [](Approvals& approvals) -> base::Task<bool> {
      co_await approvals.settle();
      co_return true;
    };
    Ask question = short_question(milliseconds(600));
    question.terms.clauses = {tests::clause_of({"ops"}, 1, {"directors"})};
    for (std::size_t gateway = 0; gateway < 3; ++gateway) subject->ask(question, gateway);
    for (int turn = 0; turn < 2; ++turn) {
      ::usleep(650'000);
      for (std::size_t gateway = 0; gateway < 3; ++gateway) {
        subject->run(settled(subject->at(gateway)), gateway % 2);
      }
    }
    const std::string other = subject->ask(tests::ask_of("{}")).approval.id;
    REQUIRE(subject->decide(other, tests::word_of("ann")).ok());
    const std::lock_guard lock(mutex);
    CHECK(told == std::vector<std::string>{"created pending", "escalated pending",
                                           "decided expired", "created pending",
                                           "decided approved"});
  }
}

}  // namespace approvals_time_test
