#include <iostream>

#include "base/json.h"
#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"
#include "policies/policy.h"
#include "policies/policy_warnings.h"

namespace gateway::commands {
namespace {

std::vector<std::string> warnings_of(const Loaded& loaded) {
  if (loaded.config.policy_files.empty()) return {};
  std::vector<std::string> servers;
  for (const ServerConfig& server : loaded.config.servers) servers.push_back(server.name);
  return policies::policy_warnings(loaded.policy, servers);
}

// `1 agent`, `2 agents`.
std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// Why a gateway that runs on these files does not have them in force; "" when it has, or none runs.
std::string refusal_of_gateway(const Config& config) {
  const auto answer = ask_gateway({config.admin_socket}, "/v1/config");
  const base::Json* refused = answer ? base::find_member(*answer, "refused") : nullptr;
  return refused && refused->is_object() ? refused->value("reason", "") : "";
}

Exit check(const Invocation& invocation) {
  const Loaded loaded = load(invocation);
  const policies::Policy policy(loaded.policy);
  const std::vector<std::string> warnings = warnings_of(loaded);
  const std::string refused = refusal_of_gateway(loaded.config);
  if (invocation.json) {
    base::Json disabled = base::Json::array();
    for (const ServerConfig& server : loaded.config.servers) {
      if (!server.disabled.empty())
        disabled.push_back({{"server", server.name}, {"reason", server.disabled}});
    }
    std::cout << base::dump_json({{"valid", true},
                                  {"servers", loaded.config.servers.size()},
                                  {"disabled", std::move(disabled)},
                                  {"agents", policy.agent_names().size()},
                                  {"policy", policy.version()},
                                  {"warnings", warnings},
                                  {"refused", refused}})
              << "\n";
    return Exit::done;
  }
  for (const std::string& note : loaded.notes) std::cout << note << "\n";
  std::cout << loaded.config.file.string() << ": valid, "
            << counted(loaded.config.servers.size(), "server") << ", "
            << counted(policy.agent_names().size(), "agent") << "\n";
  for (const std::string& warning : warnings) std::cout << "warning: " << warning << "\n";
  for (const ServerConfig& server : loaded.config.servers) {
    if (!server.disabled.empty())
      std::cout << "server " << server.name << " is off: " << server.disabled << "\n";
  }
  if (!refused.empty()) {
    std::cout << "the running gateway has not taken this up: " << refused << "\n";
  }
  return Exit::done;
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("check", "Check configuration and policy files, changing nothing");
  command->footer("Example: sluice check --config sluice.yaml");
  command->callback(
      [&invocation] { invocation.run = [&invocation] { return check(invocation); }; });
}

}  // namespace gateway::commands
