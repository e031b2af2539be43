#pragma once

#include <algorithm>
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
  std::vector<base::JournalEntry> settle(std::int64_t spent) override {
    const auto taken = std::exchange(taken_, nullptr);
    if (!taken) return {};
    const auto used = std::make_shared<RedisTaken>(), rest = std::make_shared<RedisTaken>();
    used->registration = rest->registration = taken->registration;
    for (const RedisTaken::Part& part : taken->parts) {
      RedisTaken::Part charged = part, returned = part;
      if (!part.is_slot) charged.amount = std::clamp<std::int64_t>(spent, 0, part.amount);
      returned.amount -= charged.amount;
      if (charged.amount > 0) used->parts.push_back(std::move(charged));
      if (returned.amount > 0) rest->parts.push_back(std::move(returned));
    }
    if (!used->parts.empty()) tenant_.end(used, Fate::settled);
    if (!rest->parts.empty()) tenant_.end(rest, Fate::cancelled);
    return {};
  }

 private:
  RedisTenant& tenant_;
  std::shared_ptr<RedisTaken> taken_;  // null once it is resolved
};

}  // namespace policies::ledger
