#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "policies/ledger/memory_ledger.h"
#include "policies/ledger/spending.h"
#include "tests/support/run_task.h"

namespace tests {

using policies::ledger::Admission;
using policies::ledger::Amounts;
using policies::ledger::Ledger;
using policies::ledger::SpendingChange;
using policies::ledger::StoredSpending;
using policies::ledger::Verdict;
using HoldPointer = std::unique_ptr<policies::ledger::Hold>;

/// What a ledger says, which can say something.
inline Verdict admit(Ledger& ledger, Admission admission) {
  auto verdict = run_task(ledger.admit(std::move(admission)));
  REQUIRE(verdict.ok());
  return std::move(*verdict);
}

/// The hold of what must be allowed.
inline HoldPointer allowed(Ledger& ledger, Admission admission) {
  Verdict verdict = admit(ledger, std::move(admission));
  REQUIRE(std::holds_alternative<HoldPointer>(verdict));
  return std::get<HoldPointer>(std::move(verdict));
}

/// Rows by bucket and window.
using Table = std::map<std::pair<std::string, std::int64_t>, StoredSpending>;

/// What a table of spending makes of a record.
inline void apply(const base::JournalEntry& entry, Table& table) {
  const auto changes = policies::ledger::parse_spending(entry);
  REQUIRE(changes.ok());
  for (const SpendingChange& change : *changes) {
    StoredSpending& row = table[{change.bucket, change.window}];
    row.bucket = change.bucket;
    row.window = change.window;
    row.window_end = std::max(row.window_end, change.window_end);
    row.amounts += change.change;
  }
}

/// As a ledger reads them when it starts.
inline std::vector<StoredSpending> rows_of(const Table& table) {
  std::vector<StoredSpending> rows;
  for (const auto& entry : table) rows.push_back(entry.second);
  return rows;
}

/// The sum over all buckets and windows.
inline Amounts total(const std::vector<StoredSpending>& rows) {
  Amounts sum;
  for (const StoredSpending& row : rows) sum += row.amounts;
  return sum;
}

/// What entries come to together.
inline Amounts total(const std::vector<base::JournalEntry>& entries) {
  Table table;
  for (const auto& entry : entries) apply(entry, table);
  return total(rows_of(table));
}

}  // namespace tests
