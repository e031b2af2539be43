#pragma once

#include <set>
#include <string>
#include <utility>

#include "policies/ledger/redis_ledger.h"

namespace policies::ledger {

/// What one event loop has of a RedisLedger: its connection, and what its calls hold. Belongs to
/// its loop.
struct RedisLedger::Node {
  Node(base::Loop& on, const base::RedisAddress& address) : loop(on), connection(on, address) {}
  base::Loop& loop;
  base::RedisConnection connection;
  std::set<std::pair<std::string, std::string>> held;  // tenant, call
  bool started = false;
};

}  // namespace policies::ledger
