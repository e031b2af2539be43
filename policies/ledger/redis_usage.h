#pragma once

#include <vector>

#include "base/redis_connection.h"
#include "policies/ledger/ledger.h"

namespace policies::ledger {

/// What the buckets of budgets in Redis hold of what counts at `now`.
base::Task<base::Result<std::vector<BucketUse>>> read_usage(base::RedisConnection& redis,
                                                            WallTime now);

}  // namespace policies::ledger
