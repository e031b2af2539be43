#include "policies/ledger/memory_ledger.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/quotas.h"
#include "tests/support/run_task.h"
#include "tests/support/spending.h"

namespace memory_ledger_test {

using namespace policies::ledger;
using tests::admit;
using tests::allowed;
using tests::HoldPointer;
using tests::total;

TEST_CASE("most calls find a block and wait for no commit", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota budget = tests::budget_quota("daily", 100'000);
  for (int call = 0; call < 10'000; ++call) {
    allowed(ledger, tests::admission_of({&budget}))->resolve(Fate::settled);
  }
  CHECK(journal.entries.size() < 50);
}

TEST_CASE("a call with effects forfeits nothing: its hold is in the intent's commit", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  const Quota budget = tests::budget_quota("daily", 1'000);
  {
    MemoryLedger ledger(journal, clock);
    HoldPointer hold = allowed(ledger, tests::admission_of({&budget}, 1, true));
    CHECK(journal.entries.empty());
    REQUIRE(hold->entries().size() == 1);
    journal.entries.push_back(hold->entries()[0]);
    hold->committed();
    CHECK(total(journal.entries).held == 1);
    CHECK(total(journal.entries).block == 0);
    for (auto& entry : hold->resolve(Fate::settled)) journal.entries.push_back(entry);
  }
  const Amounts end = total(journal.entries);
  CHECK(end.settled == 1);
  CHECK(end.sum() == 1);
}

TEST_CASE("what cost less than it might have is charged, and the rest is free again", "[ledger]") {
  const Quota budget = tests::budget_quota("daily", 1'000);
  for (const std::int64_t spent : {0, 3, 400, 9'999}) {
    CAPTURE(spent);
    tests::MemoryJournal journal;
    tests::ManualClock clock;
    const std::int64_t charged = std::min<std::int64_t>(spent, 400);
    {
      MemoryLedger ledger(journal, clock);
      HoldPointer hold = allowed(ledger, tests::admission_of({&budget}, 400, true));
      for (auto& entry : hold->entries()) journal.entries.push_back(entry);
      hold->committed();
      for (auto& entry : hold->settle(spent)) journal.entries.push_back(entry);
      CHECK(hold->resolve(Fate::unknown).empty());
      const auto uses = tests::run_task(ledger.usage());
      REQUIRE(uses->size() == 1);
      CHECK(uses->front().settled == charged);
      CHECK(uses->front().held == 0);
      // What is free again can be taken.
      HoldPointer more = allowed(ledger, tests::admission_of({&budget}, 1'000 - charged, true));
      CHECK(more->resolve(Fate::cancelled).empty());
    }
    CHECK(total(journal.entries).settled == charged);
    CHECK(total(journal.entries).sum() == charged);
  }
}

TEST_CASE("what goes over a budget comes out of no block that is not there", "[ledger]") {
  tests::ManualClock clock;
  tests::MemoryJournal journal;
  const Quota budget = tests::budget_quota("daily", 200);
  MemoryLedger ledger(journal, clock);
  allowed(ledger, tests::admission_of({&budget}))->resolve(Fate::settled);  // fetches a block
  Admission over = tests::admission_of({&budget}, 500, true);
  over.charges[0].excess = Excess::allow;
  const HoldPointer hold = allowed(ledger, std::move(over));
  auto entries = journal.entries;
  for (auto& entry : hold->entries()) entries.push_back(std::move(entry));
  CHECK(total(entries).block == 0);
  CHECK(total(entries).sum() == 501);
  hold->committed();
  for (auto& entry : hold->resolve(Fate::settled)) entries.push_back(std::move(entry));
  CHECK(total(entries).sum() == 501);
  CHECK(tests::run_task(ledger.usage())->at(0).used() == 501);
}

TEST_CASE("a hold that was not committed with its intent leaves nothing behind", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota budget = tests::budget_quota("daily", 1);
  allowed(ledger, tests::admission_of({&budget}, 1, true))->resolve(Fate::cancelled);
  CHECK(journal.entries.empty());
  allowed(ledger, tests::admission_of({&budget}, 1, true))->resolve(Fate::cancelled);
}

TEST_CASE("without a journal nothing is spent", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota budget = tests::budget_quota("daily", 10);
  const Quota slots = tests::slots_quota(1);
  journal.fails = true;
  const auto verdict = tests::run_task(ledger.admit(tests::admission_of({&budget, &slots})));
  REQUIRE_FALSE(verdict.ok());
  CHECK(verdict.error().code == base::Code::unavailable);
  journal.fails = false;
  allowed(ledger, tests::admission_of({&budget, &slots}, 10))->resolve(Fate::settled);
}

TEST_CASE("what was spent stays after a rename that says so", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  const Quota old = tests::budget_quota("daily", 3);
  Quota renamed = tests::budget_quota("per-day", 3);
  renamed.former = {old.id};
  {
    MemoryLedger ledger(journal, clock);
    allowed(ledger, tests::admission_of({&old}, 3))->resolve(Fate::settled);
    CHECK(std::holds_alternative<Refusal>(admit(ledger, tests::admission_of({&renamed}))));
  }
}

TEST_CASE("calls that began before a rename hold and take of the renamed budget", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota former = tests::budget_quota("daily", 3);
  Quota renamed = tests::budget_quota("per-day", 3);
  renamed.former = {former.id};
  auto held = allowed(ledger, tests::admission_of({&former}));
  allowed(ledger, tests::admission_of({&renamed}))->resolve(Fate::settled);
  held->resolve(Fate::settled);
  allowed(ledger, tests::admission_of({&former}))->resolve(Fate::settled);
  for (const Quota* quota : std::vector<const Quota*>{&former, &renamed}) {
    CHECK(std::holds_alternative<Refusal>(admit(ledger, tests::admission_of({quota}))));
  }
  const auto uses = tests::run_task(ledger.usage());
  REQUIRE(uses->size() == 1);
  CHECK(uses->front().settled == 3);
  CHECK(uses->front().key.find("per-day") != std::string::npos);
}

TEST_CASE("a lower limit keeps what was spent", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota high = tests::budget_quota("daily", 10), low = tests::budget_quota("daily", 4);
  allowed(ledger, tests::admission_of({&high}, 5))->resolve(Fate::settled);
  const Verdict verdict = admit(ledger, tests::admission_of({&low}));
  REQUIRE(std::holds_alternative<Refusal>(verdict));
  CHECK(std::get<Refusal>(verdict).used == 5);
  CHECK(std::get<Refusal>(verdict).remaining == 0);
}

// For the thread sanitizer: other loops move a counter's windows on.
TEST_CASE("a hold tells its entries while other loops admit", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota rolling = tests::budget_quota("b", 1'000'000, Window::Unit::rolling);
  const HoldPointer hold = allowed(ledger, tests::admission_of({&rolling}, 1, true));
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    while (!done) {
      if (hold->entries().size() != 1) std::terminate();
    }
  });
  for (int call = 0; call < 200; ++call) {
    clock.pass(std::chrono::minutes(30));
    HoldPointer other = allowed(ledger, tests::admission_of({&rolling}, 1, true));
    other->resolve(Fate::cancelled);
  }
  done = true;
}

}  // namespace memory_ledger_test
