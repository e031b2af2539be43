#include "gateway/commands/load.h"

#include "policies/local_policy.h"

namespace gateway::commands {

Loaded load(const Invocation& invocation) {
  Config config = load_config(invocation.config);
  policies::PolicyDocument policy = config.policy_files.empty()
                                        ? policies::local_policy()
                                        : policies::load_policy_files(config.policy_files);
  return {std::move(config), std::move(policy)};
}

}  // namespace gateway::commands
