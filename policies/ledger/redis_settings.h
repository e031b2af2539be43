#pragma once

#include "base/redis_connection.h"

namespace policies::ledger {

/// Whether Redis is configured to keep what is spent and who approved (design §2.5): every write on disk before it
/// is answered, and nothing evicted. Code::invalid with a sentence when it is not or does not say;
/// Code::unavailable when it does not answer.
base::Task<base::Status> check_settings(base::RedisConnection& redis);

}  // namespace policies::ledger
