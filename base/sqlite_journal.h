#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/journal.h"
#include "base/journal_chain.h"
#include "base/journal_projection.h"
#include "base/result.h"
#include "base/sqlite.h"
#include "base/task.h"
#include "base/writer.h"

namespace base {

/// A journal in a SQLite file. Every record carries the hash of itself and the hash before it, over
/// all streams, so that JournalReader::verify() finds what was changed or removed afterwards.
/// Somebody who can write the file can also compute new hashes up to its end: against that, keep a
/// checkpoint elsewhere.
class SqliteJournal final : public Journal {
 public:
  using Projections = std::vector<std::unique_ptr<JournalProjection>>;

  /// Opens or makes the file. Code::unavailable when it cannot, Code::broken when no record can
  /// follow the last or a projection does not fit the records.
  static Result<std::unique_ptr<SqliteJournal>> open(const std::filesystem::path& file,
                                                     WriterOptions options = {},
                                                     Projections projections = {});

  /// Beyond Code::unavailable: Code::limit for an entry that is too long, Code::invalid when an
  /// item that it opens is open already. None of the entries is written then.
  Task<Status> commit(std::vector<JournalEntry> entries) override;
  Status submit(std::vector<JournalEntry> entries) override;
  bool writable() const override { return writer_.healthy(); }
  /// Submissions that are not written yet.
  std::size_t pending() const { return writer_.pending(); }

  /// The records that opened what is still open, oldest first: what must be answered for after a
  /// crash.
  Result<std::vector<JournalRecord>> open_items() const;

 private:
  struct Statements {
    SqliteStatement select_head;
    SqliteStatement insert_record;
    SqliteStatement open_item;
    SqliteStatement close_item;

    static Result<Statements> prepare(SqliteDatabase& database);
  };
  SqliteJournal(std::filesystem::path file, Statements statements, Projections projections,
                SqliteDatabase database, WriterOptions options);
  Result<Write> write_of(std::vector<JournalEntry> entries);
  Status load_head();
  Status append(const JournalEntry& entry, std::int64_t time);

  const std::filesystem::path file_;

  // For the writer thread alone.
  Statements statements_;
  Projections projections_;
  Sha256 sha256_;
  JournalHead head_;

  Writer writer_;  ///< last: it stops before the members that it uses go
};

}  // namespace base
