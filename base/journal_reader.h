#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/journal_chain.h"
#include "base/result.h"
#include "base/sqlite.h"

namespace base {

/// A place in the chain that was noted outside of the journal.
struct JournalCheckpoint {
  std::int64_t seq = 0;
  Sha256Digest hash{};

  /// From `SEQ:HASH`, the hash as 64 hexadecimal digits.
  static Result<JournalCheckpoint> parse(std::string_view text);
};

/// A chain without a fault.
struct JournalIntact {
  std::int64_t records = 0;
  std::int64_t last = 0;  ///< 0 when there is no record
  std::string head;       ///< hash of the last record in hexadecimal digits
};

/// Where a chain stops being what was written.
struct JournalFault {
  enum class Kind {
    altered,     ///< the record is not what was hashed
    missing,     ///< there is no record with this number
    wrong_link,  ///< the record does not follow from the one before it, or is not the one of the
                 ///< checkpoint
  };
  std::int64_t seq = 0;
  Kind kind = Kind::altered;
  std::string reason;  ///< one sentence
};

using JournalVerdict = std::variant<JournalIntact, JournalFault>;

/// Reads a journal, also while another process writes it. Not thread-safe. Results are oldest
/// first; an empty `stream` stands for all. Code::broken when a record is not what a journal holds,
/// Code::unavailable when the file cannot be read.
class JournalReader final {
 public:
  static Result<JournalReader> open(const std::filesystem::path& file);

  /// The last `count` records; fewer when they would take more than 64 MiB.
  Result<std::vector<JournalRecord>> tail(std::string_view stream, std::size_t count);
  /// At most `limit` records with a higher number than `seq`; none means that there is none yet.
  Result<std::vector<JournalRecord>> after(std::int64_t seq, std::string_view stream,
                                           std::size_t limit);
  /// The records of `stream` about `key`.
  Result<std::vector<JournalRecord>> about(std::string_view stream, std::string_view key);
  /// The same of those with a higher number than `seq`, at most `limit`.
  Result<std::vector<JournalRecord>> about(std::string_view stream, std::string_view key,
                                           std::int64_t seq, std::size_t limit);
  /// The last `count` records of a stream that is small in a large journal: found by its index.
  Result<std::vector<JournalRecord>> newest(std::string_view stream, std::size_t count);
  /// The records that opened what is still open.
  Result<std::vector<JournalRecord>> open_items();

  /// Walks the whole chain.
  Result<JournalVerdict> verify(const std::optional<JournalCheckpoint>& checkpoint = {});

 private:
  explicit JournalReader(SqliteDatabase database) : database_(std::move(database)) {}

  SqliteDatabase database_;
};

}  // namespace base
