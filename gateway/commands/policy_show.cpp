#include <iostream>

#include "base/json.h"
#include "gateway/commands/load.h"
#include "gateway/commands/policy_commands.h"
#include "policies/policy_print.h"
#include "policies/policy_version.h"

namespace gateway::commands {
namespace {

Exit show(const Invocation& invocation) {
  const Loaded loaded = load(invocation);
  const std::string version = policies::policy_version(loaded.policy);
  if (invocation.json) {
    std::cout << base::dump_json(
                     {{"version", version}, {"policy", policies::policy_json(loaded.policy)}})
              << "\n";
  } else {
    std::cout << "# version " << version << "\n" << policies::policy_yaml(loaded.policy);
  }
  return Exit::done;
}

}  // namespace

void add_policy_show(CLI::App& policy, Invocation& invocation) {
  CLI::App* command =
      policy.add_subcommand("show", "Print all policy files as the one policy that they are");
  command->footer("Example: sluice policy show > all.yaml");
  command->callback([&invocation] { invocation.run = [&invocation] { return show(invocation); }; });
}

}  // namespace gateway::commands
