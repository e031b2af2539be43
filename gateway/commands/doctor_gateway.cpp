#include <chrono>
#include <ctime>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/doctor_checks.h"
#include "gateway/key_store.h"
#include "policies/policy.h"

/// What is wrong with what the gateway works on: servers, keys, policy.
namespace gateway::commands {
namespace {

using base::Json;

constexpr std::int64_t soon = 7 * 86'400;

std::string restart_command(const Config& config, const std::string& server) {
  return "sluice servers restart " + server + " --config " + config.file.string();
}

Finding server_problem(const Config& config, const Json& server) {
  const std::string name = server.value("server", "");
  const std::string reason = server.value("reason", "");
  // Servers say in HTTP that they want somebody to log in.
  if (reason.find("HTTP 401") != std::string::npos || reason.find("HTTP 403") != std::string::npos) {
    return {"servers", "server " + name + " wants a login: " + reason,
            "add to it headers: {Authorization: \"Bearer ${env:TOKEN}\"} with a token that is valid, "
            "then: " +
                restart_command(config, name)};
  }
  return {"servers",
          "server " + name + " is " + server.value("state", "") +
              (reason.empty() ? "" : ": " + reason),
          restart_command(config, name) + ", when the reason is gone"};
}

// None when there is no store yet: opening it would make one.
base::Result<std::vector<KeyRecord>> known_keys(const Config& config) {
  std::error_code unknown;
  if (!config.redis && !std::filesystem::exists(config.store, unknown)) {
    return std::vector<KeyRecord>();
  }
  auto keys = open_key_store(config);
  if (!keys) return keys.error();
  return (*keys)->list();
}

}  // namespace

std::optional<RunningGateway> ask_running(const Config& config) {
  auto servers = ask_gateway({config.admin_socket}, "/v1/servers");
  if (!servers) return std::nullopt;
  auto tools = ask_gateway({config.admin_socket}, "/v1/tools");
  if (!tools) return std::nullopt;
  return RunningGateway{std::move((*servers)["servers"]), std::move((*tools)["tools"])};
}

Findings check_servers(const Config& config, const std::optional<RunningGateway>& running) {
  Findings findings;
  for (const ServerConfig& server : config.servers) {
    if (server.disabled.empty()) continue;
    findings.push_back({"servers", "server " + server.name + " is off: " + server.disabled,
                        "set what is missing, then start the gateway again"});
  }
  if (running) {
    for (const Json& server : running->servers) {
      const std::string state = server.value("state", "");
      if (state != "ready" && state != "connecting") {
        findings.push_back(server_problem(config, server));
      }
    }
  }
  if (findings.empty()) findings.push_back({"servers", "", ""});
  return findings;
}

Findings check_keys(const Loaded& loaded) {
  if (loaded.config.policy_files.empty()) return {};
  const auto all = known_keys(loaded.config);
  if (!all) return {{"keys", all.error().message, "see the check of the store"}};
  const std::int64_t now = std::time(nullptr);
  Findings findings;
  for (const auto& agent : loaded.policy.agents) {
    std::int64_t newest = 0;
    for (const KeyRecord& key : *all) {
      if (key.agent == agent.first && key.revoked == 0) newest = std::max(newest, key.expires);
    }
    if (newest > now + soon) continue;
    const std::string what = newest == 0     ? " has no key"
                             : newest <= now ? " has no key that has not expired"
                                             : " has no key that lasts another week";
    findings.push_back({"keys", "agent " + agent.first + what,
                        "sluice key create " + agent.first + " --config " +
                            loaded.config.file.string()});
  }
  if (findings.empty()) findings.push_back({"keys", "", ""});
  return findings;
}

Findings check_policy(const Loaded& loaded, const std::optional<RunningGateway>& running) {
  const policies::Policy policy(loaded.policy);
  Findings findings;
  for (const std::string& agent : policy.agent_names()) {
    const std::string* why = nullptr;
    static const std::string no_rule = "no rule allows it anything";
    static const std::string no_tool = "no tool of any server is allowed to it";
    bool has_rule = false;
    for (const std::string& role : policy.find_agent(agent)->roles) {
      const auto& document = loaded.policy.roles.at(role);
      has_rule = has_rule || !document.allow.empty() || !document.includes.empty();
    }
    if (!has_rule) {
      why = &no_rule;
    } else if (running && !running->tools.empty()) {
      bool any = false;
      for (const Json& tool : running->tools) {
        const std::string id = tool.value("tool", "");
        const std::size_t slash = id.find('/');
        any = any || policy.decide(agent, id.substr(0, slash), id.substr(slash + 1)).listed;
      }
      if (!any) why = &no_tool;
    }
    if (why == nullptr) continue;
    findings.push_back({"policy", "agent " + agent + ": " + *why,
                        "add 'allow: [SERVER/*]' to one of its roles; what decides a tool: sluice "
                        "policy explain " +
                            agent + " SERVER/TOOL"});
  }
  if (findings.empty()) findings.push_back({"policy", "", ""});
  return findings;
}

}  // namespace gateway::commands
