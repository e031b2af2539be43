#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway {

/// What is kept of a key. It is an agent's, which calls by it, or a person's, who administers by it:
/// one of the two names is "". Times are seconds since the epoch.
struct KeyRecord {
  std::string id;
  std::string agent;
  std::string person;
  std::int64_t created = 0;
  std::int64_t expires = 0;
  std::int64_t revoked = 0;  ///< 0: not revoked
};

/// A record with what the whole key is recognised by.
struct StoredKey {
  KeyRecord record;
  std::string hash;
};

/// Where keys are kept, for all processes on it. Each verb is one step. Code::unavailable: the
/// store does not answer. Not thread-safe; may block.
class KeyTable {
 public:
  virtual ~KeyTable() = default;

  virtual base::Status insert(const StoredKey& key) = 0;
  /// False when there is no such id. What is revoked stays so since the first time.
  virtual base::Result<bool> revoke(std::string_view id, std::int64_t now) = 0;
  /// Adds `fresh`, and lets `id` expire at `expires` unless it does earlier. False when there is no
  /// such id; then nothing is added.
  virtual base::Result<bool> replace(std::string_view id, std::int64_t expires,
                                     const StoredKey& fresh) = 0;
  /// Newest first.
  virtual base::Result<std::vector<StoredKey>> all() = 0;
  /// Another number after every change that somebody else made.
  virtual base::Result<std::int64_t> version() = 0;
};

}  // namespace gateway
