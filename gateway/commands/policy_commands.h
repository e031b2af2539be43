#pragma once

#include "gateway/commands/command.h"

namespace gateway::commands {

/// The commands under `policy`, one file each.
void add_policy_show(CLI::App& policy, Invocation& invocation);
void add_policy_explain(CLI::App& policy, Invocation& invocation);
void add_policy_test(CLI::App& policy, Invocation& invocation);
void add_policy_diff(CLI::App& policy, Invocation& invocation);
void add_policy_apply(CLI::App& policy, Invocation& invocation);

}  // namespace gateway::commands
