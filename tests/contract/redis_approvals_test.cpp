#include "policies/approvals/redis_approvals.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "policies/approvals/approval_table.h"
#include "tests/contract/approvals_subject.h"
#include "tests/support/asks.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace redis_approvals_test {

using namespace policies::approvals;
using namespace tests::approvals;
using base::Code;
using std::chrono::milliseconds;

TEST_CASE(
    "approvals: without Redis nothing is asked, decided or used, and all is there again "
    "afterwards",
    "[contract]") {
  OnRedis subject;
  const std::string id = subject.approved();
  const std::string other = subject.ask(tests::ask_of("{}")).approval.id;
  auto& loop = subject.loops().at(0);
  auto waiting = subject.begin(subject.at(0).wait(loop, other, milliseconds(20'000), nullptr));
  subject.server.kill();
  CHECK(subject.run(subject.at(0).ask(tests::ask_of())).error().code == Code::unavailable);
  CHECK(subject.claim(id, "req_2").error().code == Code::unavailable);
  CHECK(subject.decide(other, tests::word_of("ann")).error().code == Code::unavailable);
  CHECK(subject.run(subject.at(0).wait(loop, other, milliseconds(50), nullptr)).error().code ==
        Code::unavailable);
  subject.server.start();
  subject.await([&] { return subject.run(subject.at(1).find(other)).ok(); });
  REQUIRE(subject.decide(other, tests::word_of("ann")).ok());
  CHECK(waiting.get()->state == State::approved);
  subject.await([&] { return subject.run(subject.at(2).find(id)).ok(); });
  auto grant = subject.claim(id, "req_3");
  REQUIRE(grant.ok());
  subject.commit(*std::move(grant));
  subject.server.kill();
  subject.server.start();
  subject.await([&] { return subject.claim(id, "req_4").error().code != Code::unavailable; });
  CHECK(subject.claim(id, "req_4").error().code == Code::refused);
}

TEST_CASE("approvals: on a Redis that would not keep what was used nothing is asked",
          "[contract]") {
  OnRedis subject({"--appendfsync", "everysec"});
  const auto asked = subject.run(subject.at(0).ask(tests::ask_of()));
  CHECK(asked.error().code == Code::unavailable);
  CHECK(asked.error().message.find("appendfsync is 'everysec'") != std::string::npos);
}

TEST_CASE("approvals: on Redis, a word that cannot be recorded is none", "[contract]") {
  OnRedis subject;
  const std::string id = subject.ask().approval.id;
  subject.journals[1].set_fails(true);
  CHECK(subject.decide(id, tests::word_of("ann"), 1).error().code == Code::unavailable);
  CHECK(subject.ask().approval.state == State::pending);
  CHECK(subject.run(subject.at(1).ask(tests::ask_of("{}"))).error().code == Code::unavailable);
  CHECK(subject.run(subject.at(0).list())->size() == 1);
  CHECK(subject.decide(id, tests::word_of("bob", false), 2)->state == State::denied);
}

TEST_CASE("approvals: on Redis, the journal of the gateway that sends tells the whole story",
          "[contract]") {
  OnRedis subject;
  const std::string id = subject.approved();
  auto grant = subject.claim(id, "req_2");
  std::vector<std::string> events;
  for (const auto& entry : (*grant)->entries("int_2")) {
    CHECK(entry.key == id);
    events.push_back(base::Json::parse(entry.body)["event"]);
  }
  CHECK(events == std::vector<std::string>{"asked", "vote", "redeemed"});
  subject.commit(*std::move(grant));
  CHECK(subject.journals[0].events() == std::vector<std::string>{"asked"});
  CHECK(subject.journals[1].events() == std::vector<std::string>{"vote"});
}

TEST_CASE("approvals: on Redis, what a gateway had taken that died stays used", "[contract]") {
  OnRedis subject;
  const std::string id = subject.approved();
  // Neither committed nor given back.
  auto taken = subject.claim(id, "req_2");
  REQUIRE(taken.ok());
  CHECK(subject.claim(id, "req_3", 0).error().code == Code::refused);
  CHECK(subject.ask().approval.id != id);
  subject.commit(*std::move(taken));
}

TEST_CASE("approvals: what was asked on Redis is never found in a journal by a start on SQLite",
          "[contract]") {
  const tests::TempDir directory;
  tests::RedisServer server;
  const auto open = [&] {
    auto table = std::make_unique<ApprovalTable>();
    const ApprovalTable& rows = *table;
    base::SqliteJournal::Projections projections;
    projections.push_back(std::move(table));
    auto journal = base::SqliteJournal::open(directory / "journal.db", {}, std::move(projections));
    return std::pair(*std::move(journal), &rows);
  };
  {
    auto [journal, rows] = open();
    base::EventLoops loops(1);
    loops.start();
    RedisApprovals approvals(loops, server.address(), *journal);
    std::promise<bool> done;
    const Ask question = tests::ask_of();
    const Decision word = tests::word_of("ann");
    const auto asks = [&]() -> base::Task<void> {
      const auto asked = co_await approvals.ask(question);
      const auto decided = co_await approvals.decide(asked->approval.id, word);
      done.set_value(decided.ok());
    };
    loops.at(0).spawn(asks());
    CHECK(done.get_future().get());
    loops.stop();
  }
  auto [journal, rows] = open();
  CHECK(rows->rows().empty());
}

}  // namespace redis_approvals_test
