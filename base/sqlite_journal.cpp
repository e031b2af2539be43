#include "base/sqlite_journal.h"

#include <chrono>
#include <utility>

#include "base/journal_reader.h"

namespace base {
namespace {

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS journal(
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  stream TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS journal_by_key ON journal(stream, key);
CREATE TABLE IF NOT EXISTS open_items(
  key TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)";

constexpr std::size_t entry_overhead = 128;

bool fits(const JournalEntry& entry) {
  return entry.stream.size() <= longest_journal_name && entry.key.size() <= longest_journal_name &&
         entry.body.size() <= longest_journal_body;
}

std::int64_t microseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::size_t memory_of(const std::vector<JournalEntry>& entries) {
  std::size_t bytes = 0;
  for (const JournalEntry& entry : entries) {
    bytes += entry_overhead + entry.stream.size() + entry.key.size() + entry.body.size();
  }
  return bytes;
}

std::string_view as_text(const Sha256Digest& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

auto SqliteJournal::Statements::prepare(SqliteDatabase& database) -> Result<Statements> {
  auto head = database.prepare(select_journal_head);
  if (!head) return std::move(head).error();
  auto insert = database.prepare(
      "INSERT INTO journal(seq, time, stream, key, body, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  if (!insert) return std::move(insert).error();
  auto open = database.prepare("INSERT INTO open_items(key, seq) VALUES(?1, ?2)");
  if (!open) return std::move(open).error();
  auto close = database.prepare("DELETE FROM open_items WHERE key = ?1");
  if (!close) return std::move(close).error();
  return Statements{*std::move(head), *std::move(insert), *std::move(open), *std::move(close)};
}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& file,
                                                           WriterOptions options,
                                                           Projections projections) {
  Result<SqliteDatabase> database = SqliteDatabase::open(file);
  if (!database) return std::move(database).error();
  const Status made = database->transaction([&] { return database->execute(schema); });
  if (!made) return made.error();
  Result<Statements> statements = Statements::prepare(*database);
  if (!statements) return std::move(statements).error();
  const Result<JournalHead> head = read_journal_head(statements->select_head);
  if (!head) return head.error();
  for (const auto& projection : projections) {
    const Status opened = database->transaction([&] { return projection->open(*database); });
    if (!opened) return opened.error();
  }
  return std::unique_ptr<SqliteJournal>(
      new SqliteJournal(file, *std::move(statements), std::move(projections), *std::move(database),
                        std::move(options)));
}

SqliteJournal::SqliteJournal(std::filesystem::path file, Statements statements,
                             Projections projections, SqliteDatabase database,
                             WriterOptions options)
    : file_(std::move(file)),
      statements_(std::move(statements)),
      projections_(std::move(projections)),
      writer_(
          std::move(database), [this](SqliteDatabase&) { return load_head(); },
          std::move(options)) {}

Task<Status> SqliteJournal::commit(std::vector<JournalEntry> entries) {
  const std::size_t bytes = memory_of(entries);
  Result<Write> write = write_of(std::move(entries));
  if (!write) co_return std::move(write).error();
  co_return co_await writer_.commit(*std::move(write), bytes);
}

Status SqliteJournal::submit(std::vector<JournalEntry> entries) {
  const std::size_t bytes = memory_of(entries);
  Result<Write> write = write_of(std::move(entries));
  if (!write) return std::move(write).error();
  return writer_.submit(*std::move(write), bytes);
}

Result<std::vector<JournalRecord>> SqliteJournal::open_items() const {
  Result<JournalReader> reader = JournalReader::open(file_);
  if (!reader) return std::move(reader).error();
  return reader->open_items();
}

Result<Write> SqliteJournal::write_of(std::vector<JournalEntry> entries) {
  for (const JournalEntry& entry : entries) {
    if (!fits(entry)) {
      return Error{
          Code::limit, "The record is too long for the journal.",
          entry.stream.substr(0, 64) + ": " + std::to_string(entry.body.size()) + " bytes"};
    }
  }
  return Write([this, entries = std::move(entries), time = microseconds_now()](SqliteDatabase&) {
    for (const JournalEntry& entry : entries) {
      if (Status appended = append(entry, time); !appended) return appended;
    }
    return Status();
  });
}

Status SqliteJournal::load_head() {
  const Result<JournalHead> head = read_journal_head(statements_.select_head);
  if (!head) return head.error();
  head_ = *head;
  return {};
}

Status SqliteJournal::append(const JournalEntry& entry, std::int64_t time) {
  const std::int64_t seq = head_.seq + 1;
  const Sha256Digest hash =
      journal_hash(sha256_, head_.hash, seq, time, entry.stream, entry.key, entry.body);
  statements_.insert_record.bind(1, seq).bind(2, time).bind(3, entry.stream);
  statements_.insert_record.bind(4, entry.key).bind(5, entry.body).bind_blob(6, as_text(hash));
  if (Status inserted = statements_.insert_record.run(); !inserted) return inserted;
  head_ = {seq, hash};
  for (const auto& projection : projections_) {
    if (projection->stream() != entry.stream) continue;
    if (Status applied = projection->apply(entry); !applied) return applied;
  }
  switch (entry.item) {
    case JournalEntry::Item::opens:
      return statements_.open_item.bind(1, entry.key).bind(2, seq).run();
    case JournalEntry::Item::closes:
      return statements_.close_item.bind(1, entry.key).run();
    case JournalEntry::Item::none:
      return {};
  }
  return {};
}

}  // namespace base
