#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/pipeline/snapshot.h"
#include "gateway/pipeline/verify_tools.h"
#include "policies/policy_files.h"
#include "tests/support/server_tools.h"

namespace tests {

/// A snapshot of one policy text and what some servers offer; calls go to `upstreams`.
inline std::shared_ptr<const gateway::pipeline::Snapshot> snapshot_of(
    const std::string& policy,
    const std::vector<std::shared_ptr<const tools::ServerTools>>& servers,
    std::shared_ptr<const tools::UpstreamSet> upstreams =
        std::make_shared<const tools::UpstreamSet>(std::vector<tools::UpstreamSet::Handle>())) {
  auto rules =
      std::make_shared<const policies::Policy>(policies::parse_policy(policy, "policy.yaml"));
  auto catalog = std::make_shared<const tools::Catalog>(
      servers, tools::usual_exported_name, gateway::pipeline::key_arguments(*rules, servers),
      gateway::pipeline::unverifiable(*rules, servers));
  return gateway::pipeline::make_snapshot(std::move(rules), std::move(catalog),
                                          std::move(upstreams));
}

}  // namespace tests
