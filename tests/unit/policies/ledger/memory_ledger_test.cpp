#include "policies/ledger/memory_ledger.h"

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/quotas.h"
#include "tests/support/run_task.h"

using namespace policies::ledger;

namespace {

using HoldPointer = std::unique_ptr<Hold>;

Verdict admit(Ledger& ledger, Admission admission) {
  auto verdict = tests::run_task(ledger.admit(std::move(admission)));
  REQUIRE(verdict.ok());
  return std::move(*verdict);
}

HoldPointer allowed(Ledger& ledger, Admission admission) {
  Verdict verdict = admit(ledger, std::move(admission));
  REQUIRE(std::holds_alternative<HoldPointer>(verdict));
  return std::get<HoldPointer>(std::move(verdict));
}

using Table = std::map<std::pair<std::string, std::int64_t>, StoredSpending>;

// What a table of spending makes of a record.
void apply(const base::JournalEntry& entry, Table& table) {
  const auto changes = parse_spending(entry);
  REQUIRE(changes.ok());
  for (const SpendingChange& change : *changes) {
    StoredSpending& row = table[{change.bucket, change.window}];
    row.bucket = change.bucket;
    row.window = change.window;
    row.window_end = std::max(row.window_end, change.window_end);
    row.amounts += change.change;
  }
}

std::vector<StoredSpending> rows_of(const Table& table) {
  std::vector<StoredSpending> rows;
  for (const auto& entry : table) rows.push_back(entry.second);
  return rows;
}

Amounts total(const std::vector<StoredSpending>& rows) {
  Amounts sum;
  for (const StoredSpending& row : rows) sum += row.amounts;
  return sum;
}

Amounts total(const std::vector<base::JournalEntry>& entries) {
  Table table;
  for (const auto& entry : entries) apply(entry, table);
  return total(rows_of(table));
}

}  // namespace

TEST_CASE("a wall clock that jumps by a day changes no rate", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota rate = tests::rate_quota(60, std::chrono::minutes(1), 2);
  allowed(ledger, tests::admission_of({&rate}))->resolve(Fate::settled);
  allowed(ledger, tests::admission_of({&rate}))->resolve(Fate::settled);
  for (const auto jump : {std::chrono::hours(24), std::chrono::hours(-48)}) {
    clock.wall_time += jump;
    const Verdict verdict = admit(ledger, tests::admission_of({&rate}));
    REQUIRE(std::holds_alternative<Refusal>(verdict));
    CHECK(std::get<Refusal>(verdict).retry_after == std::chrono::milliseconds(1'000));
  }
}

TEST_CASE("a wall clock that goes back does not bring back an earlier window", "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  MemoryLedger ledger(journal, clock);
  const Quota day = tests::budget_quota("daily", 1);
  allowed(ledger, tests::admission_of({&day}))->resolve(Fate::settled);
  clock.pass(std::chrono::hours(24));
  allowed(ledger, tests::admission_of({&day}))->resolve(Fate::settled);
  clock.wall_time -= std::chrono::hours(24);
  CHECK(std::holds_alternative<Refusal>(admit(ledger, tests::admission_of({&day}))));
}

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

TEST_CASE("a clock that was set back before a start does not bring back an earlier window",
          "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;
  const Quota day = tests::budget_quota("daily", 1);
  const std::int64_t tomorrow = seconds_of(clock.wall_time + std::chrono::hours(12));
  const StoredSpending row{
      tests::admission_of({&day}).charges[0].key(), tomorrow, tomorrow + 86'400, {1, 0, 0, 0, 0}};
  MemoryLedger ledger(journal, clock, {row});
  CHECK(std::holds_alternative<Refusal>(admit(ledger, tests::admission_of({&day}))));
}

TEST_CASE("a crash forfeits the block and charges as unknown what was held", "[ledger]") {
  tests::ManualClock clock;
  tests::MemoryJournal first, second;
  const Quota budget = tests::budget_quota("daily", 1'000);
  MemoryLedger ledger(first, clock);
  const HoldPointer direct = allowed(ledger, tests::admission_of({&budget}));
  const HoldPointer out_of_block = allowed(ledger, tests::admission_of({&budget}));
  Table table;
  for (const auto& entry : first.entries) apply(entry, table);
  MemoryLedger after(second, clock, rows_of(table));
  for (const auto& entry : second.entries) apply(entry, table);
  const Amounts end = total(rows_of(table));
  CHECK(end.unknown == 1);
  CHECK(end.forfeited == 10);
  CHECK(end.sum() == 11);
}

// Invariants 3 and 4: random calls, and a crash after any of the journal's entries.
TEST_CASE("whatever entry a crash follows, no more than the limit is spent", "[ledger]") {
  std::mt19937 random(7);
  const auto pick = [&](int below) {
    return static_cast<int>(std::uniform_int_distribution<int>(0, below - 1)(random));
  };
  for (int round = 0; round < 60; ++round) {
    const std::int64_t limit = 20 + pick(600);
    const auto unit = round % 3 == 0 ? Window::Unit::rolling : Window::Unit::day;
    const Quota budget = tests::budget_quota("daily", limit, unit);
    tests::ManualClock clock;
    tests::MemoryJournal journal;
    const std::int64_t block = std::max<std::int64_t>(limit / 100, 3);
    std::int64_t crashes = 0, admitted = 0;
    Table table;
    for (int life = 0; life < 6; ++life) {
      auto ledger = std::make_unique<MemoryLedger>(journal, clock, rows_of(table));
      std::vector<HoldPointer> holds;
      for (int step = 0; step < 60; ++step) {
        if (unit == Window::Unit::rolling && pick(20) == 0) clock.pass(std::chrono::minutes(30));
        const bool with_intent = pick(2) == 0;
        Verdict verdict = admit(*ledger, tests::admission_of({&budget}, 1 + pick(3), with_intent));
        if (auto* hold = std::get_if<HoldPointer>(&verdict)) {
          ++admitted;
          if (with_intent && pick(10) != 0) {
            for (auto& entry : (*hold)->entries()) journal.entries.push_back(entry);
            (*hold)->committed();
          } else if (with_intent) {
            (*hold)->resolve(Fate::cancelled);
          }
          holds.push_back(std::move(*hold));
        }
        while (holds.size() > static_cast<std::size_t>(pick(5))) {
          const Fate fates[] = {Fate::settled, Fate::unknown, Fate::cancelled};
          for (auto& entry : holds.back()->resolve(fates[pick(3)])) {
            journal.entries.push_back(entry);
          }
          holds.pop_back();
        }
      }
      // The process dies: the journal keeps what it has, and no more is written.
      const std::vector<base::JournalEntry> kept = journal.entries;
      holds.clear();
      ledger.reset();
      journal.entries.clear();
      ++crashes;
      for (const auto& entry : kept) {
        apply(entry, table);
        const Amounts sum = total(rows_of(table));
        REQUIRE(sum.sum() <= limit);
        REQUIRE(sum.held >= 0);
      }
    }
    const auto stored = rows_of(table);
    const MemoryLedger after(journal, clock, stored);
    for (const auto& entry : journal.entries) apply(entry, table);
    const Amounts end = total(rows_of(table));
    CHECK(end.held == 0);
    CHECK(end.block == 0);
    CHECK(end.settled + end.unknown + end.forfeited == end.sum());
    CHECK(end.forfeited <= crashes * block);
    CHECK(admitted > 0);
  }
}

TEST_CASE("what counted when a window is changed counts in the new one, and no longer",
          "[ledger]") {
  tests::MemoryJournal journal;
  tests::ManualClock clock;  // noon on a Friday
  const Quota month = tests::budget_quota("b", 3, Window::Unit::month);
  const Quota day = tests::budget_quota("b", 3, Window::Unit::day);
  const Quota rolling = tests::budget_quota("b", 3, Window::Unit::rolling);
  Table table;
  const auto live = [&](const Quota& quota, bool spends) {
    MemoryLedger ledger(journal, clock, rows_of(table));
    Verdict verdict = admit(ledger, tests::admission_of({&quota}, 3));
    CHECK(std::holds_alternative<HoldPointer>(verdict) == spends);
    if (auto* hold = std::get_if<HoldPointer>(&verdict)) (*hold)->resolve(Fate::settled);
  };
  const auto restart = [&](const Quota& quota, bool spends) {
    live(quota, spends);
    for (const auto& entry : std::exchange(journal.entries, {})) apply(entry, table);
  };
  SECTION("from a month to days: it counts today, and not tomorrow") {
    restart(month, true);
    restart(day, false);
    restart(day, false);
    clock.pass(std::chrono::hours(24));
    restart(day, true);
  }
  SECTION("from days to a month: it counts to the end of the month") {
    restart(day, true);
    restart(month, false);
    clock.pass(std::chrono::hours(24 * 10));
    restart(month, false);
    clock.pass(std::chrono::hours(24));
    restart(month, true);
  }
  SECTION("from days to 24 hours that roll: it counts for 24 hours, however often it starts") {
    restart(day, true);
    for (int hours = 0; hours < 24; hours += 4) {
      restart(rolling, false);
      clock.pass(std::chrono::hours(4));
    }
    clock.pass(std::chrono::minutes(25));
    restart(rolling, true);
  }
  SECTION("while calls run") {
    MemoryLedger ledger(journal, clock);
    HoldPointer hold = allowed(ledger, tests::admission_of({&month}, 2));
    CHECK(std::holds_alternative<Refusal>(admit(ledger, tests::admission_of({&day}, 2))));
    hold->resolve(Fate::cancelled);
    allowed(ledger, tests::admission_of({&day}, 3))->resolve(Fate::settled);
  }
}

TEST_CASE("a window that ends while its block grows leaves the whole room to the next",
          "[ledger]") {
  tests::ManualClock clock;
  BudgetCounter counter("b a");
  const Window day = tests::budget_quota("b", 1'000).window;
  counter.advance(day, clock.wall());
  const std::int64_t start = seconds_of(counter.current().span.start);
  counter.fetch(counter.wanted(1'000, 1));
  clock.pass(std::chrono::hours(24));
  counter.advance(day, clock.wall());
  std::vector<SpendingChange> changes;
  counter.take_unwritten(changes);
  Amounts told;
  for (const SpendingChange& change : changes) told += change.change;
  CHECK(told.sum() == 0);
  counter.fetched(start, true);
  CHECK(counter.hold_directly(1'000, 1'000) == 0);
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
