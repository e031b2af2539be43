#include "base/journal_chain.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace base {
namespace {

using Type = SqliteStatement::Type;

struct Frame {
  std::array<std::uint8_t, 8> bytes;
  explicit Frame(std::uint64_t number) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    }
  }
};

Error damaged(std::int64_t seq, std::string why) {
  return Error{Code::broken, "The journal is damaged.",
               "record " + std::to_string(seq) + ": " + std::move(why)};
}

std::optional<Sha256Digest> read_hash(const SqliteStatement& row, int column) {
  Sha256Digest hash;
  if (row.type(column) != Type::blob || row.bytes(column).size() != hash.size()) {
    return std::nullopt;
  }
  std::ranges::copy(row.bytes(column), hash.begin());
  return hash;
}

}  // namespace

Sha256Digest journal_hash(Sha256& sha256, const Sha256Digest& previous, std::int64_t seq,
                          std::int64_t time, std::string_view stream, std::string_view key,
                          std::string_view body) {
  sha256.update(previous);
  sha256.update(Frame(static_cast<std::uint64_t>(seq)).bytes);
  sha256.update(Frame(static_cast<std::uint64_t>(time)).bytes);
  for (const std::string_view text : {stream, key, body}) {
    sha256.update(Frame(text.size()).bytes).update(text);
  }
  return sha256.finish();
}

Result<JournalRecord> read_journal_record(const SqliteStatement& row) {
  JournalRecord record;
  if (row.type(0) != Type::integer) return damaged(0, "the number is missing");
  record.seq = row.integer(0);
  if (row.type(1) != Type::integer) return damaged(record.seq, "the time is no integer");
  record.time = row.integer(1);
  for (const int column : {2, 3, 4}) {
    if (row.type(column) != Type::text) return damaged(record.seq, "a text is missing");
  }
  const bool fits = row.bytes(2).size() <= longest_journal_name &&
                    row.bytes(3).size() <= longest_journal_name &&
                    row.bytes(4).size() <= longest_journal_body;
  if (!fits) return damaged(record.seq, "a text is longer than any that is written");
  record.stream = row.bytes(2);
  record.key = row.bytes(3);
  record.body = row.bytes(4);
  const std::optional<Sha256Digest> hash = read_hash(row, 5);
  if (!hash) return damaged(record.seq, "the hash is missing");
  record.hash = *hash;
  return record;
}

Result<JournalHead> read_journal_head(SqliteStatement& select_last) {
  JournalHead head;
  const Result<bool> row = select_last.step();
  if (!row) return row.error();
  if (*row) {
    const std::optional<Sha256Digest> hash = read_hash(select_last, 1);
    head.seq = select_last.integer(0);
    constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
    if (!hash || head.seq < 1 || head.seq == last) return damaged(head.seq, "no record can follow");
    head.hash = *hash;
  }
  select_last.reset();
  return head;
}

}  // namespace base
