#include "policies/approvals/approval_table.h"

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include <catch2/catch.hpp>

#include "base/event_loops.h"
#include "base/sqlite_journal.h"
#include "policies/approvals/memory_approvals.h"
#include "tests/support/asks.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_dir.h"

namespace approval_table_test {

using namespace policies::approvals;
using std::chrono::hours;

namespace {

/// A journal in a file, and the approvals that a start finds in it.
struct Opened {
  explicit Opened(const tests::TempDir& directory, const tests::ManualClock& clock) {
    auto table = std::make_unique<ApprovalTable>();
    const ApprovalTable& found = *table;
    base::SqliteJournal::Projections projections;
    projections.push_back(std::move(table));
    auto opened = base::SqliteJournal::open(directory / "journal.db", {}, std::move(projections));
    REQUIRE(opened.ok());
    journal = std::move(*opened);
    stored = found.rows().size();
    approvals = std::make_unique<MemoryApprovals>(*journal, clock, found.rows());
  }

  Answer ask(Ask question = tests::ask_of()) {
    auto answer = tests::run_task(approvals->ask(std::move(question)));
    REQUIRE(answer.ok());
    return *std::move(answer);
  }
  Approval decide(const std::string& id, Decision decision) {
    auto decided = tests::run_task(approvals->decide(id, std::move(decision)));
    REQUIRE(decided.ok());
    return *std::move(decided);
  }

  std::unique_ptr<base::SqliteJournal> journal;
  std::size_t stored = 0;
  std::unique_ptr<MemoryApprovals> approvals;
};

}  // namespace

TEST_CASE("what was forgotten is not remembered after a restart", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  Decision decision = tests::word_of("ann");
  decision.remember = {clock.wall() + hours(8), "{}"};
  {
    Opened run(directory, clock);
    const std::string id = run.ask().approval.id;
    run.decide(id, decision);
    CHECK(run.ask(tests::ask_of("1")).is_remembered);
    CHECK(tests::run_task(run.approvals->forget(id, decision.decider)).ok());
  }
  Opened run(directory, clock);
  CHECK(run.stored == 1);
  CHECK_FALSE(run.ask(tests::ask_of("1")).is_remembered);
  CHECK(run.ask().approval.state == State::approved);
}

TEST_CASE("questions and answers survive a restart", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  std::string waiting, granted, denied, half;
  Ask two = tests::ask_of("2");
  two.terms.clauses = {tests::clause_of({"ops"}, 2, {"directors"})};
  {
    Opened run(directory, clock);
    waiting = run.ask().approval.id;
    granted = run.ask(tests::ask_of("1")).approval.id;
    Decision edit = tests::word_of("ann");
    edit.edit = tests::ask_of("1.5");
    run.decide(granted, edit);
    denied = run.ask(tests::ask_of("0")).approval.id;
    Decision no = tests::word_of("bob", false);
    no.message = "not today";
    run.decide(denied, no);
    half = run.ask(two).approval.id;
    run.decide(half, tests::word_of("ann"));
  }
  Opened run(directory, clock);
  CHECK(run.stored == 4);
  CHECK(run.ask().approval.id == waiting);
  const Approval approved = run.ask(tests::ask_of("1")).approval;
  CHECK(approved.id == granted);
  CHECK(approved.state == State::approved);
  CHECK(approved.edited == "1.5");
  CHECK(approved.edited_print == fingerprint(tests::ask_of("1.5")));
  const Approval refused = run.ask(tests::ask_of("0")).approval;
  CHECK(refused.id == denied);
  CHECK(refused.votes.back().message == "not today");
  CHECK(run.decide(half, tests::word_of("bob")).state == State::approved);
}

TEST_CASE("what was used or ended is not found by a start", "[approvals]") {
  const tests::TempDir directory;
  tests::ManualClock clock;
  {
    Opened run(directory, clock);
    const std::string used = run.ask().approval.id;
    run.decide(used, tests::word_of("ann"));
    auto grant = tests::run_task(run.approvals->claim(used, "req_2"));
    REQUIRE(grant.ok());
    REQUIRE(tests::run_task(run.journal->commit((*grant)->entries("int_2"))).ok());
    (*grant)->committed();
    const std::string expired = run.ask(tests::ask_of("1")).approval.id;
    clock.pass(hours(1));
    CHECK(run.ask(tests::ask_of("1")).approval.state == State::expired);
    REQUIRE(tests::run_task(run.approvals->end(expired, "told")).ok());
  }
  Opened run(directory, clock);
  CHECK(run.stored == 0);
}

TEST_CASE("a use that was not committed is no use after a crash", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  std::string id;
  {
    Opened run(directory, clock);
    id = run.ask().approval.id;
    run.decide(id, tests::word_of("ann"));
    CHECK(tests::run_task(run.approvals->claim(id, "req_2")).ok());
  }
  Opened run(directory, clock);
  CHECK(run.ask().approval.id == id);
  CHECK(tests::run_task(run.approvals->claim(id, "req_3")).ok());
}

TEST_CASE("what is remembered survives a restart", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  {
    Opened run(directory, clock);
    const std::string id = run.ask().approval.id;
    Decision decision = tests::word_of("ann");
    decision.remember = {clock.wall() + hours(8), "true"};
    run.decide(id, decision);
  }
  Opened run(directory, clock);
  CHECK(run.ask(tests::ask_of("7")).is_remembered);
}

TEST_CASE("a table that was lost makes every call ask anew", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  std::string id;
  {
    Opened run(directory, clock);
    id = run.ask().approval.id;
    run.decide(id, tests::word_of("ann"));
  }
  {
    auto database = base::SqliteDatabase::open(directory / "journal.db");
    REQUIRE(database.ok());
    REQUIRE(database->execute("DROP TABLE approvals").ok());
  }
  Opened run(directory, clock);
  CHECK(run.ask().approval.state == State::pending);
  CHECK(run.ask().approval.id != id);
}

TEST_CASE("of a thousand that use one approval at once exactly one gets it", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  Opened run(directory, clock);
  const std::string id = run.ask().approval.id;
  run.decide(id, tests::word_of("ann"));
  base::EventLoops loops(4);
  std::atomic<int> granted = 0, refused = 0, done = 0;
  std::promise<void> all;
  const auto use = [&](int number) -> base::Task<void> {
    auto grant = co_await run.approvals->claim(id, "req_" + std::to_string(number));
    if (grant) {
      ++granted;
      const auto committed = co_await run.journal->commit((*grant)->entries("int"));
      if (committed) (*grant)->committed();
    } else if (grant.error().code == base::Code::refused) {
      ++refused;
    }
    if (++done == 1000) all.set_value();
  };
  for (int i = 0; i < 1000; ++i) loops.at(static_cast<std::size_t>(i % 4)).spawn(use(i));
  loops.start();
  all.get_future().wait();
  loops.stop();
  CHECK(granted == 1);
  CHECK(refused == 999);
}

TEST_CASE("a call that waits is woken by the decision, and by its own patience, and by the end", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  Opened run(directory, clock);
  const std::string id = run.ask().approval.id;
  base::EventLoops loops(2);
  std::promise<State> impatient, patient;
  std::atomic<int> waiting = 0;
  const auto wait = [&](std::size_t loop, std::chrono::milliseconds longest,
                        std::promise<State>& seen) -> base::Task<void> {
    ++waiting;
    auto after = co_await run.approvals->wait(loops.at(loop), id, longest, nullptr);
    seen.set_value(after ? after->state : State::expired);
  };
  loops.at(0).spawn(wait(0, std::chrono::milliseconds(0), impatient));
  loops.at(1).spawn(wait(1, hours(1), patient));
  loops.start();
  CHECK(impatient.get_future().get() == State::pending);
  while (waiting < 2) std::this_thread::yield();
  run.decide(id, tests::word_of("ann"));
  CHECK(patient.get_future().get() == State::approved);
  std::promise<State> last;
  const std::string other = run.ask(tests::ask_of("2")).approval.id;
  const auto wait_for_other = [&]() -> base::Task<void> {
    auto after = co_await run.approvals->wait(loops.at(0), other, hours(1), nullptr);
    last.set_value(after ? after->state : State::expired);
  };
  loops.at(0).spawn(wait_for_other());
  run.approvals->end_waiting();
  CHECK(last.get_future().get() == State::pending);
  loops.stop();
}

TEST_CASE("a caller that gives up waits no longer", "[approvals]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  Opened run(directory, clock);
  const std::string id = run.ask().approval.id;
  base::EventLoops loops(1);
  base::Cancellation cancellation;
  std::promise<State> seen;
  const auto wait = [&]() -> base::Task<void> {
    auto after = co_await run.approvals->wait(loops.at(0), id, hours(1), &cancellation);
    seen.set_value(after ? after->state : State::expired);
  };
  const auto give_up = [&]() -> base::Task<void> {
    cancellation.request();
    co_return;
  };
  loops.at(0).spawn(wait());
  loops.at(0).spawn(give_up());
  loops.start();
  CHECK(seen.get_future().get() == State::pending);
  loops.stop();
}

}  // namespace approval_table_test
