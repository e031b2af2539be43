#pragma once

#include <string>

#include "base/journal.h"
#include "base/result.h"
#include "base/sqlite.h"

namespace base {

/// A table that follows one stream of a SqliteJournal: what its records say, added up, so that a
/// start reads the table and not the stream. It stands in the journal's file and changes in the
/// transaction that appends the record.
class JournalProjection {
 public:
  virtual ~JournalProjection() = default;

  virtual const std::string& stream() const = 0;
  /// Makes the table, or checks that it is what the journal's records made: Code::broken when it is
  /// not. Runs in a transaction, before the first record is appended; `database` outlives this.
  virtual Status open(SqliteDatabase& database) = 0;
  /// Errors as those of a Write (base/writer.h). Runs on the writer thread; what it changes may be
  /// rolled back.
  virtual Status apply(const JournalEntry& entry) = 0;
};

}  // namespace base
