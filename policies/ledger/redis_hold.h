#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policies/ledger/redis_node.h"

namespace policies::ledger {

/// A hold in Redis. Resolving it does not wait for Redis, which is told as soon as it is there; of
/// a process that is gone, the lease ends, as unknown.
class RedisHold final : public Hold {
 public:
  /// `name` is what Redis calls it; "" when it holds nothing.
  RedisHold(RedisNode& node, std::string tenant, std::string name)
      : node_(node), tenant_(std::move(tenant)), name_(std::move(name)) {
    if (!name_.empty()) node_.begin(*this);
  }
  ~RedisHold() override { resolve(Fate::unknown); }

  const std::string& tenant() const { return tenant_; }
  const std::string& name() const { return name_; }

  std::vector<base::JournalEntry> entries() const override { return {}; }
  void committed() override {}
  std::vector<base::JournalEntry> resolve(Fate fate) override;
  /// Charges all that is held: what cost less is not given back yet.
  std::vector<base::JournalEntry> settle(std::int64_t) override { return resolve(Fate::settled); }

 private:
  RedisNode& node_;
  const std::string tenant_, name_;
  bool resolved_ = false;
};

}  // namespace policies::ledger
