#include "gateway/commands/policy_commands.h"

namespace gateway::commands {

void add_policy(CLI::App& app, Invocation& invocation) {
  CLI::App* policy = app.add_subcommand("policy", "What the policy files say, and changing them");
  policy->require_subcommand(1);
  add_policy_show(*policy, invocation);
  add_policy_explain(*policy, invocation);
  add_policy_test(*policy, invocation);
  add_policy_diff(*policy, invocation);
  add_policy_apply(*policy, invocation);
}

}  // namespace gateway::commands
