#pragma once

#include <vector>

#include "base/json.h"
#include "policies/ledger/ledger.h"
#include "policies/policy.h"

namespace gateway {

/// What `sluice budgets` shows: every budget of the policy with what `uses` says of it, by name and
/// scope. Buckets that no budget of the policy names any more are left out. Money is decimal text.
base::Json budget_list(const policies::Policy& policy,
                       const std::vector<policies::ledger::BucketUse>& uses);

}  // namespace gateway
