#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/redis_connection.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/memory_ledger.h"
#include "policies/ledger/redis_epoch.h"
#include "policies/ledger/redis_node.h"

namespace policies::ledger {

/// The ledger of all gateways on one Redis: calls that are in flight together are decided by one
/// script, each in one atomic step, on Redis's clock for rates and leases. What an event loop's
/// calls hold has a lease that it renews; when the process dies, that is charged as unknown and the
/// slots are freed. Budgets are refused on a Redis that is not
/// configured to keep them, or that lost what this gateway knows of.
///
/// The buckets of one tenant have keys of one hash tag. Buckets that tenants share (of a role, a
/// tool or a server) have another: one Redis server takes both in one script; on a cluster these
/// will need blocks.
class RedisLedger final : public Ledger {
 public:
  /// All that is given outlives the ledger. `known_epoch` is what the journal says of it.
  RedisLedger(base::EventLoops& loops, const base::RedisAddress& address, base::Journal& journal,
              const Clock& clock, StoreDown store_down, std::string known_epoch);
  ~RedisLedger() override;

  base::Task<base::Result<Verdict>> admit(Admission admission) override;
  base::Task<base::Result<std::vector<Refusal>>> look(std::string tenant,
                                                      std::vector<Charge> charges) override;
  base::Task<base::Result<std::vector<BucketUse>>> usage() override;
  base::Task<base::Status> accept_loss() override;
  void set_store_down(StoreDown store_down) override { local_limits_ = store_down.local_limits; }

 private:
  RedisNode& node_of(const base::Executor& executor);
  base::Task<base::Result<Verdict>> decide_locally(Admission admission, base::Error away);

  const Clock& clock_;
  std::atomic<bool> local_limits_;
  RedisEpoch epoch_;
  MemoryLedger local_;                             // for rates and slots while Redis is away
  std::vector<std::unique_ptr<RedisNode>> nodes_;  // one per loop
};

}  // namespace policies::ledger
