#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "policies/ledger/redis_tenant.h"

namespace policies::ledger {

/// A hold in Redis. Resolving it does not wait for Redis, which is told as soon as it is there; of
/// a process that is gone, the lease ends, as unknown.
class RedisHold final : public Hold {
 public:
  RedisHold(RedisTenant& tenant, std::shared_ptr<RedisTaken> taken)
      : tenant_(tenant), taken_(std::move(taken)) {}
  ~RedisHold() override { resolve(Fate::unknown); }

  std::vector<base::JournalEntry> entries() const override { return {}; }
  void committed() override {}
  std::vector<base::JournalEntry> resolve(Fate fate) override {
    const auto taken = std::exchange(taken_, nullptr);
    if (taken && !taken->parts.empty()) tenant_.end(taken, fate);
    return {};
  }
  /// Charges all that is held: what cost less is not given back yet.
  std::vector<base::JournalEntry> settle(std::int64_t) override { return resolve(Fate::settled); }

 private:
  RedisTenant& tenant_;
  std::shared_ptr<RedisTaken> taken_;  // null once it is resolved
};

}  // namespace policies::ledger
