#include "policies/approvals/approvals.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/contract/approvals_subject.h"
#include "tests/support/asks.h"

namespace approvals_test {

using namespace policies::approvals;
using namespace tests::approvals;
using base::Code;
using std::chrono::hours;

TEST_CASE("approvals: the same question has one approval, wherever it is asked", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Approval first = subject->ask().approval;
    CHECK(first.state == State::pending);
    CHECK(first.until - first.asked == hours(1));
    CHECK(subject->ask(tests::ask_of(), 1).approval.id == first.id);
    ::usleep(2'000);  // the order of one millisecond is none
    const std::string other = subject->ask(tests::ask_of("{}"), 2).approval.id;
    CHECK(other != first.id);
    ::usleep(2'000);
    Ask foreign = tests::ask_of();
    foreign.tenant = "";
    const std::string third = subject->ask(foreign).approval.id;
    CHECK(third != first.id);
    CHECK(subject->run(subject->at(1).find(first.id))->ask.arguments == R"({"path":"x"})");
    CHECK(subject->run(subject->at(1).find("apr_NOSUCH0")).error().code == Code::not_found);
    const auto list = subject->run(subject->at(1).list());
    REQUIRE(list->size() == 3);
    CHECK((*list)[0].id == first.id);
    CHECK((*list)[2].id == third);
  }
}

TEST_CASE("approvals: many that ask the same at once ask it once", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    std::vector<std::future<base::Result<Answer>>> answers;
    for (std::size_t call = 0; call < 60; ++call) {
      answers.push_back(subject->begin(subject->at(call).ask(tests::ask_of()), call % 2));
    }
    const std::string id = answers.front().get()->approval.id;
    for (std::size_t call = 1; call < answers.size(); ++call) {
      CHECK(answers[call].get()->approval.id == id);
    }
    CHECK(subject->run(subject->at(0).list())->size() == 1);
  }
}

TEST_CASE("approvals: what is approved is used once", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->ask().approval.id;
    CHECK(subject->claim(id, "req_0").error().code == Code::not_found);
    REQUIRE(subject->decide(id, tests::word_of("ann")).ok());
    CHECK(subject->ask().approval.state == State::approved);
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    CHECK((*grant)->approval().decided_by() == "ann");
    const auto second = subject->claim(id, "req_3", 0);
    CHECK(second.error().code == Code::refused);
    CHECK(second.error().message == "Approval " + id + " was used by call req_2.");
    const auto entries = (*grant)->entries("int_2");
    const base::Json event = base::Json::parse(entries.back().body);
    CHECK(event["event"] == "redeemed");
    CHECK(event["request"] == "req_2");
    CHECK(event["intent"] == "int_2");
    CHECK(event["left"] == "nothing");
    subject->commit(*std::move(grant));
    CHECK(subject->claim(id, "req_3").error().code == Code::refused);
    CHECK(subject->ask().approval.id != id);
    const auto late = subject->decide(id, tests::word_of("bob"));
    CHECK(late.error().code == Code::refused);
    CHECK(late.error().message.starts_with("ann approved " + id + " at 20"));
    CHECK(subject->run(subject->at(0).find(id)).error().code == Code::not_found);
  }
}

TEST_CASE("approvals: of a thousand that claim at once exactly one gets it", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->approved();
    using Claimed = base::Result<std::unique_ptr<Grant>>;
    std::atomic<int> granted{0}, refused{0};
    const auto claim = [&](Approvals& approvals, int call) -> base::Task<bool> {
      Claimed claimed = co_await approvals.claim(id, "req_" + std::to_string(call));
      if (!claimed) {
        refused += claimed.error().code == Code::refused ? 1 : 0;
        co_return true;
      }
      ++granted;
      (*claimed)->committed();
      co_return true;
    };
    std::vector<std::future<bool>> ends;
    for (int call = 0; call < 1000; ++call) {
      const auto at = static_cast<std::size_t>(call);
      ends.push_back(subject->begin(claim(subject->at(at), call), at % 2));
    }
    for (auto& end : ends) end.get();
    CHECK(granted == 1);
    CHECK(refused == 999);
  }
}

TEST_CASE("approvals: a use that was not committed can be tried again", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::string id = subject->approved();
    auto grant = subject->claim(id, "req_2");
    REQUIRE(grant.ok());
    subject->drop(*std::move(grant));
    subject->await([&] {
      auto again = subject->claim(id, "req_3", 0);
      if (!again) return false;
      subject->commit(*std::move(again));
      return true;
    });
    CHECK(subject->ask().approval.id != id);
  }
}

TEST_CASE("approvals: an agent may not make people wade through questions", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    for (std::size_t number = 0; number < 100; ++number) {
      subject->ask(tests::ask_of(std::to_string(number)), number);
    }
    const auto more = subject->run(subject->at(1).ask(tests::ask_of()));
    CHECK(more.error().code == Code::limit);
    Ask of_another = tests::ask_of();
    of_another.agent = "b";
    CHECK(subject->run(subject->at(1).ask(of_another)).ok());
    const std::string first = subject->ask(tests::ask_of("0")).approval.id;
    REQUIRE(subject->decide(first, tests::word_of("ann", false)).ok());
    CHECK(subject->run(subject->at(1).ask(tests::ask_of())).ok());
  }
}

}  // namespace approvals_test
