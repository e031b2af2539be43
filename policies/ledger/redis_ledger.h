#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/redis_connection.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/memory_ledger.h"

namespace policies::ledger {

/// What decides while Redis is away (`store_down`). Budgets are always refused then.
struct StoreDown {
  bool local_limits = true;  ///< rates and slots are counted by this process alone
};

/// The ledger of all gateways on one Redis: one script per admission, on Redis's clock for rates
/// and slots. A hold has a lease that this process renews; when it dies, what its calls held is
/// charged as unknown and their slots are freed.
///
/// The buckets of one tenant have keys of one hash tag. Buckets that tenants share (of a role, a
/// tool or a server) have another: one Redis server takes both in one script; on a cluster these
/// will need blocks.
class RedisLedger final : public Ledger {
 public:
  static constexpr std::chrono::milliseconds lease{30'000};

  /// All that is given outlives the ledger.
  RedisLedger(base::EventLoops& loops, const base::RedisAddress& address, base::Journal& journal,
              const Clock& clock, StoreDown store_down);
  ~RedisLedger() override;

  base::Task<base::Result<Verdict>> admit(Admission admission) override;
  base::Task<base::Result<std::vector<BucketUse>>> usage() override;

 private:
  friend class RedisHold;
  struct Node;

  Node& node_of(const base::Executor& executor);
  base::Task<base::Result<base::RedisReply>> run(Node& node, const std::string& script,
                                                 std::string hash, std::vector<std::string> keys,
                                                 std::vector<std::string> arguments);
  base::Task<base::Result<Verdict>> decide_locally(Admission admission, base::Error away);
  base::Result<Verdict> verdict_of(Node& node, const Admission& admission,
                                   const base::RedisReply& reply);
  base::Task<void> start(Node& node);
  base::Task<void> keep_renewing(Node& node);
  base::Task<void> resolve(Node& node, std::string tenant, std::string call, const char* fate);

  const Clock& clock_;
  const StoreDown store_down_;
  MemoryLedger local_;                        // for rates and slots while Redis is away
  std::vector<std::unique_ptr<Node>> nodes_;  // one per loop
};

}  // namespace policies::ledger
