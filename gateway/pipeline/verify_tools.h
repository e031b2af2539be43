#pragma once

#include <memory>
#include <vector>

#include "policies/policy.h"
#include "tools/catalog.h"

namespace gateway::pipeline {

/// What sending a tool's call again may do: by policy's word, else by the annotations of a trusted
/// server, else non-idempotent (design §2.7).
policies::Effect effect_of(const policies::Policy& policy, const tools::ServerTools& owner,
                           const tools::ServerTool& tool);

/// The reconcilable tools about which nobody could ever be asked, as far as what the servers offer
/// says so, with the reason. A verify tool of a server that has offered nothing yet is not judged:
/// what becomes of that server changes nothing for calls to others (invariant 11).
tools::Withheld unverifiable(const policies::Policy& policy,
                             const std::vector<std::shared_ptr<const tools::ServerTools>>& servers);

}  // namespace gateway::pipeline
