#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/pipeline/snapshot.h"
#include "policies/policy_files.h"
#include "tests/support/server_tools.h"

namespace tests {

/// A snapshot of one policy text and some servers.
inline std::shared_ptr<const gateway::pipeline::Snapshot> snapshot_of(
    const std::string& policy,
    const std::vector<std::shared_ptr<const tools::ServerTools>>& servers) {
  return gateway::pipeline::make_snapshot(
      std::make_shared<const policies::Policy>(policies::parse_policy(policy, "policy.yaml")),
      std::make_shared<const tools::Catalog>(servers));
}

}  // namespace tests
