#pragma once

#include <string>
#include <vector>

#include "gateway/commands/command.h"
#include "policies/access.h"

namespace gateway::commands {

/// Whose access differs between two policies.
struct AccessDiff {
  std::string before, after;  ///< the policies' versions
  bool over_catalog = false;  ///< over the tools of the running gateway, else over the patterns
  std::vector<policies::AccessChange> changes;
};

/// Compares over the tools that a running gateway of this configuration offers, when there is one,
/// and else over what the patterns name.
AccessDiff diff_access(const Invocation& invocation, const policies::PolicyDocument& before,
                       const policies::PolicyDocument& after);

/// Agent by agent, tool by tool; `+` is new access, `-` lost, `~` changed.
void print_diff(const AccessDiff& diff);
base::Json diff_facts(const AccessDiff& diff);

}  // namespace gateway::commands
