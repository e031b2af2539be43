#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "base/journal.h"
#include "base/redis_connection.h"

namespace policies::ledger {

/// Notices a Redis that lost its data: Redis keeps the name of an epoch, and the journal the one
/// that this gateway has counted in. State that was lost is never read as zero (design §2.6).
/// Thread-safe.
class RedisEpoch final {
 public:
  /// `known` is what known_epoch() found. The journal outlives this.
  RedisEpoch(base::Journal& journal, std::string known)
      : journal_(journal), known_(std::move(known)) {}

  /// The epoch that counts, on a Redis that keeps it. An error says why nothing may be spent, and
  /// what to do.
  base::Task<base::Result<std::string>> ask(base::RedisConnection& redis);
  /// Takes Redis as it is, for all gateways that know what this one knows.
  base::Task<base::Status> accept_loss(base::RedisConnection& redis);

 private:
  std::string known() const;
  base::Task<base::Result<std::string>> agree(base::RedisConnection& redis, bool accepts);

  base::Journal& journal_;
  mutable std::mutex mutex_;  // guards known_
  std::string known_;
};

/// What the newest record of an epoch in the journal says; "" when there is none.
base::Result<std::string> known_epoch(const std::filesystem::path& journal);

}  // namespace policies::ledger
