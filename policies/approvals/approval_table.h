#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/journal_projection.h"
#include "policies/approvals/approval.h"

namespace policies::approvals {

/// The table `approvals` beside the journal: which approvals something is left of, so that a start
/// reads their records and no others. What it says of them is in the journal alone. A table that
/// was lost means that every call asks anew.
class ApprovalTable final : public base::JournalProjection {
 public:
  const std::string& stream() const override { return stream_; }
  base::Status open(base::SqliteDatabase& database) override;
  base::Status apply(const base::JournalEntry& entry) override;

  /// What open() found, for MemoryApprovals.
  const std::vector<Approval>& rows() const { return rows_; }

 private:
  struct Statements {
    base::SqliteStatement add, remove;
  };
  base::Status read_rows(base::SqliteDatabase& database);

  const std::string stream_ = "approval";  // approval_stream
  std::vector<Approval> rows_;
  std::optional<Statements> statements_;
};

}  // namespace policies::approvals
