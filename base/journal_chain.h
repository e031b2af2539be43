#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/result.h"
#include "base/sqlite.h"

namespace base {

/// Bounds of one journal record, in bytes.
inline constexpr std::size_t longest_journal_name = 1 << 10;  ///< of stream and key
inline constexpr std::size_t longest_journal_body = 16 << 20;

/// One record of a journal as it stands in the file.
struct JournalRecord {
  std::int64_t seq = 0;
  std::int64_t time = 0;  ///< microseconds since the epoch
  std::string stream;
  std::string key;
  std::string body;
  Sha256Digest hash{};
};

/// The end of the hash chain; before the first record, 0 and zero bytes.
struct JournalHead {
  std::int64_t seq = 0;
  Sha256Digest hash{};
};

/// The hash that `record` must have after a record with hash `previous`: SHA-256 over that hash,
/// the numbers as 8 bytes, big endian, and each text after its length, so that no two records are
/// hashed as the same bytes.
Sha256Digest journal_hash(Sha256& sha256, const Sha256Digest& previous, std::int64_t seq,
                          std::int64_t time, std::string_view stream, std::string_view key,
                          std::string_view body);

/// The columns that read_journal_record() expects.
inline constexpr std::string_view journal_columns = "seq, time, stream, key, body, hash";

/// Reads the current row. Code::broken when a column has a wrong type or size.
Result<JournalRecord> read_journal_record(const SqliteStatement& row);

/// The seq and hash of the last record. Code::broken when they cannot be what a journal holds.
Result<JournalHead> read_journal_head(SqliteStatement& select_last);
inline constexpr std::string_view select_journal_head =
    "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1";

}  // namespace base
