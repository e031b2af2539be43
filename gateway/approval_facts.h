#pragma once

#include "base/json.h"
#include "gateway/pipeline/snapshot.h"
#include "policies/approvals/approval.h"

namespace gateway {

/// An approval as people see it: the exact call, what it would do and cost, which rules ask, who has
/// said what, and when the clock decides.
base::Json approval_facts(const policies::approvals::Approval& approval,
                          const pipeline::Snapshot& snapshot);

}  // namespace gateway
