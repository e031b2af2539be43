#include "base/journal_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace base {
namespace {

constexpr std::size_t answer_bytes = 64 << 20;
constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

// A row must not take more memory than the largest that is written.
constexpr std::size_t longest_row = longest_journal_body + 2 * longest_journal_name + 4096;

std::int64_t as_limit(std::size_t count) {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(count, most));
}

Error too_long(const Error& error) {
  return Error{Code::broken, "The journal is damaged.", "a record is too long: " + error.detail};
}

Result<std::vector<JournalRecord>> collect(SqliteStatement& select, std::size_t most_bytes) {
  std::vector<JournalRecord> records;
  std::size_t bytes = 0;
  for (;;) {
    const Result<bool> row = select.step();
    if (!row) return row.error().code == Code::limit ? too_long(row.error()) : row.error();
    if (!*row) return records;
    Result<JournalRecord> record = read_journal_record(select);
    if (!record) return std::move(record).error();
    bytes += record->stream.size() + record->key.size() + record->body.size();
    if (bytes > most_bytes && !records.empty()) return records;
    records.push_back(*std::move(record));
  }
}

using Kind = JournalFault::Kind;
using MaybeFault = std::optional<JournalFault>;

class Walk {
 public:
  Walk(SqliteStatement& rows, const std::optional<JournalCheckpoint>& checkpoint)
      : rows_(rows), checkpoint_(checkpoint) {}

  Result<JournalVerdict> run() {
    for (;;) {
      Result<bool> row = rows_.step();
      if (!row && row.error().code == Code::limit) return unreadable(row.error());
      if (!row) return std::move(row).error();
      if (!*row) return finish();
      if (MaybeFault fault = next()) return JournalVerdict(*std::move(fault));
    }
  }

 private:
  JournalVerdict unreadable(const Error& error) const {
    return JournalFault{head_.seq + 1, Kind::altered,
                        "The record cannot be what was written: " + error.detail + "."};
  }

  MaybeFault next() {
    const std::int64_t expected = head_.seq + 1;
    if (rows_.type(0) == SqliteStatement::Type::integer && rows_.integer(0) != expected) {
      if (rows_.integer(0) > expected) {
        return JournalFault{expected, Kind::missing, "There is no record with this number."};
      }
      return JournalFault{rows_.integer(0), Kind::wrong_link,
                          "The record has no place in the chain."};
    }
    const Result<JournalRecord> record = read_journal_record(rows_);
    if (!record) return std::get<JournalFault>(unreadable(record.error()));
    if (!follows(*record)) return mismatch(*record);
    head_ = {record->seq, record->hash};
    const bool noted = checkpoint_ && checkpoint_->seq == head_.seq;
    if (noted && checkpoint_->hash != head_.hash) {
      return JournalFault{head_.seq, Kind::wrong_link,
                          "The record is not the one that the checkpoint notes."};
    }
    return std::nullopt;
  }

  bool follows(const JournalRecord& record) {
    return record.hash == journal_hash(sha256_, head_.hash, record.seq, record.time, record.stream,
                                       record.key, record.body);
  }

  // When the rest of the chain goes on from the record's hash, then its content is what changed.
  JournalFault mismatch(const JournalRecord& record) {
    const Result<bool> row = rows_.step();
    bool goes_on = row && !*row;
    if (row && *row) {
      const Result<JournalRecord> successor = read_journal_record(rows_);
      head_ = {record.seq, record.hash};
      goes_on = successor && follows(*successor);
    }
    if (goes_on) return {record.seq, Kind::altered, "The record is not what was written."};
    return {record.seq, Kind::wrong_link, "The record does not follow from the one before it."};
  }

  JournalVerdict finish() const {
    if (checkpoint_ && checkpoint_->seq > head_.seq) {
      return JournalFault{head_.seq + 1, Kind::missing,
                          "The checkpoint notes records after the last one."};
    }
    return JournalIntact{head_.seq, head_.seq, hex_encode(head_.hash)};
  }

  SqliteStatement& rows_;
  const std::optional<JournalCheckpoint>& checkpoint_;
  Sha256 sha256_;
  JournalHead head_;
};

}  // namespace

Result<JournalCheckpoint> JournalCheckpoint::parse(std::string_view text) {
  const Error error{Code::invalid, "A checkpoint is SEQ:HASH, the hash with 64 hexadecimal digits.",
                    ""};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return error;
  JournalCheckpoint checkpoint;
  const char* const end = text.data() + colon;
  const auto [rest, failed] = std::from_chars(text.data(), end, checkpoint.seq);
  if (failed != std::errc() || rest != end || checkpoint.seq < 0) return error;
  const std::optional<Sha256Digest> hash = parse_sha256(text.substr(colon + 1));
  if (!hash) return error;
  checkpoint.hash = *hash;
  return checkpoint;
}

Result<JournalReader> JournalReader::open(const std::filesystem::path& file) {
  SqliteOptions options;
  options.mode = SqliteOptions::Mode::read_only;
  options.longest_value = longest_row;
  Result<SqliteDatabase> database = SqliteDatabase::open(file, options);
  if (!database) return std::move(database).error();
  return JournalReader(*std::move(database));
}

// The index is of no use here: it would collect all records of the stream to sort them.
Result<std::vector<JournalRecord>> JournalReader::tail(std::string_view stream, std::size_t count) {
  auto select = database_.prepare("SELECT " + std::string(journal_columns) +
                                  " FROM journal NOT INDEXED WHERE ?1 = '' OR stream = ?1"
                                  " ORDER BY seq DESC LIMIT ?2");
  if (!select) return std::move(select).error();
  select->bind(1, stream).bind(2, as_limit(count));
  Result<std::vector<JournalRecord>> records = collect(*select, answer_bytes);
  if (records) std::ranges::reverse(*records);
  return records;
}

Result<std::vector<JournalRecord>> JournalReader::after(std::int64_t seq, std::string_view stream,
                                                        std::size_t limit) {
  auto select = database_.prepare("SELECT " + std::string(journal_columns) +
                                  " FROM journal NOT INDEXED WHERE seq > ?1"
                                  " AND (?2 = '' OR stream = ?2) ORDER BY seq LIMIT ?3");
  if (!select) return std::move(select).error();
  select->bind(1, seq).bind(2, stream).bind(3, as_limit(limit));
  return collect(*select, answer_bytes);
}

Result<std::vector<JournalRecord>> JournalReader::about(std::string_view stream,
                                                        std::string_view key) {
  auto select = database_.prepare("SELECT " + std::string(journal_columns) +
                                  " FROM journal WHERE stream = ?1 AND key = ?2 ORDER BY seq");
  if (!select) return std::move(select).error();
  select->bind(1, stream).bind(2, key);
  return collect(*select, answer_bytes);
}

Result<std::vector<JournalRecord>> JournalReader::about(std::string_view stream,
                                                        std::string_view key, std::int64_t seq,
                                                        std::size_t limit) {
  auto select = database_.prepare("SELECT " + std::string(journal_columns) +
                                  " FROM journal INDEXED BY journal_by_key"
                                  " WHERE stream = ?1 AND key = ?2 AND seq > ?3"
                                  " ORDER BY seq LIMIT ?4");
  if (!select) return std::move(select).error();
  select->bind(1, stream).bind(2, key).bind(3, seq).bind(4, as_limit(limit));
  return collect(*select, answer_bytes);
}

Result<std::vector<JournalRecord>> JournalReader::newest(std::string_view stream,
                                                         std::size_t count) {
  auto select = database_.prepare("SELECT " + std::string(journal_columns) +
                                  " FROM journal INDEXED BY journal_by_key WHERE stream = ?1"
                                  " ORDER BY seq DESC LIMIT ?2");
  if (!select) return std::move(select).error();
  select->bind(1, stream).bind(2, as_limit(count));
  Result<std::vector<JournalRecord>> records = collect(*select, answer_bytes);
  if (records) std::ranges::reverse(*records);
  return records;
}

// The outer join shows an item whose record is gone as a damaged one.
Result<std::vector<JournalRecord>> JournalReader::open_items() {
  auto select = database_.prepare(
      "SELECT journal.seq, time, stream, journal.key, body, hash FROM open_items"
      " LEFT JOIN journal ON journal.seq = open_items.seq ORDER BY open_items.seq");
  if (!select) return std::move(select).error();
  return collect(*select, unbounded);
}

// One statement sees one state of the file, whatever is written meanwhile.
Result<JournalVerdict> JournalReader::verify(const std::optional<JournalCheckpoint>& checkpoint) {
  auto select =
      database_.prepare("SELECT " + std::string(journal_columns) + " FROM journal ORDER BY seq");
  if (!select) return std::move(select).error();
  return Walk(*select, checkpoint).run();
}

}  // namespace base
