#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policies/ledger/redis_node.h"

namespace policies::ledger {

/// A hold in Redis. Resolving it does not wait for Redis: what is not told in time ends with its
/// lease, as unknown.
class RedisHold final : public Hold {
 public:
  RedisHold(RedisLedger& ledger, RedisLedger::Node& node, std::string tenant, std::string call)
      : ledger_(ledger), node_(node), tenant_(std::move(tenant)), call_(std::move(call)) {}
  ~RedisHold() override { resolve(Fate::unknown); }

  std::vector<base::JournalEntry> entries() const override { return {}; }
  void committed() override {}
  std::vector<base::JournalEntry> resolve(Fate fate) override;

 private:
  RedisLedger& ledger_;
  RedisLedger::Node& node_;
  const std::string tenant_, call_;
  bool resolved_ = false;
};

}  // namespace policies::ledger
