#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/journal_projection.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/memory_ledger.h"

namespace policies::ledger {

/// The table `spending` beside the journal: what was spent, per bucket and window. State that was
/// lost is never read as zero: a second table holds how many rows there are and what they add up
/// to, and a journal with records of spending but without both tables is broken.
class SpendingTable final : public base::JournalProjection {
 public:
  /// The clock outlives the table.
  explicit SpendingTable(const Clock& clock) : clock_(clock) {}

  const std::string& stream() const override { return stream_; }
  base::Status open(base::SqliteDatabase& database) override;
  base::Status apply(const base::JournalEntry& entry) override;

  /// What open() found, for MemoryLedger: by bucket and time.
  const std::vector<StoredSpending>& rows() const { return rows_; }

 private:
  struct Statements {
    base::SqliteStatement add, take_over, leave, count, ended, forget;
  };

  base::Status make_or_check(base::SqliteDatabase& database);
  base::Status check_sums(base::SqliteDatabase& database);
  base::Status prune();
  base::Status read_rows(base::SqliteDatabase& database);
  base::Status prepare(base::SqliteDatabase& database);
  base::Status add(const SpendingChange& change);

  const std::string stream_ = spending_stream;
  const Clock& clock_;
  WallTime pruned_;
  std::vector<StoredSpending> rows_;
  std::optional<Statements> statements_;
};

}  // namespace policies::ledger
