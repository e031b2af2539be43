#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policies/ledger/ledger.h"

namespace gateway {

/// What a refusal by a limit or budget says in HTTP: `Retry-After` in whole seconds when waiting
/// helps, and `RateLimit` (draft-ietf-httpapi-ratelimit-headers §3) for what is counted in calls.
std::vector<std::pair<std::string, std::string>> quota_headers(
    const policies::ledger::Refusal& refusal);

}  // namespace gateway
