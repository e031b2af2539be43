#include "policies/ledger/memory_ledger.h"

#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/quotas.h"
#include "tests/support/spending.h"

namespace memory_ledger_windows_test {

using namespace policies::ledger;
using tests::admit;
using tests::allowed;
using tests::apply;
using tests::HoldPointer;
using tests::rows_of;
using tests::Table;

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

}  // namespace memory_ledger_windows_test
