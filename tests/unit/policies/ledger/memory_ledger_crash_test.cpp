#include "policies/ledger/memory_ledger.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/quotas.h"
#include "tests/support/spending.h"

namespace memory_ledger_crash_test {

using namespace policies::ledger;
using tests::admit;
using tests::allowed;
using tests::apply;
using tests::HoldPointer;
using tests::rows_of;
using tests::Table;
using tests::total;

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

namespace {

// Invariants 3 and 4: random calls, and a crash after any of the journal's entries.
void crash_everywhere(bool with_overruns) {
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
    std::int64_t crashes = 0, admitted = 0, declared = 0;
    Table table;
    for (int life = 0; life < 6; ++life) {
      auto ledger = std::make_unique<MemoryLedger>(journal, clock, rows_of(table));
      std::vector<HoldPointer> holds;
      for (int step = 0; step < 60; ++step) {
        if (unit == Window::Unit::rolling && pick(20) == 0) clock.pass(std::chrono::minutes(30));
        const bool with_intent = pick(2) == 0;
        Admission admission = tests::admission_of({&budget}, 1 + pick(3), with_intent);
        if (with_overruns && pick(8) == 0) {
          admission.charges[0].excess = Excess::allow;
          declared += admission.charges[0].amount;
        }
        Verdict verdict = admit(*ledger, std::move(admission));
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
        REQUIRE(sum.sum() <= limit + declared);
        REQUIRE(sum.held >= 0);
        REQUIRE(sum.block >= 0);
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

}  // namespace

TEST_CASE("whatever entry a crash follows, no more than the limit is spent", "[ledger]") {
  crash_everywhere(false);
}

TEST_CASE("whatever entry a crash follows, only declared overruns go over the limit", "[ledger]") {
  crash_everywhere(true);
}

}  // namespace memory_ledger_crash_test
