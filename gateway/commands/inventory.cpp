#include <iostream>
#include <memory>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"

namespace gateway::commands {
namespace {

using base::Json;

// Asks for a list and prints it: as it is, or a line for each entry.
Exit print_list(const Invocation& invocation, const std::string& route, const char* key,
                const std::function<std::string(const Json&)>& line_of) {
  const Config config = load_config(invocation.config);
  auto answer = ask_gateway(config.admin_socket, route);
  if (!answer) {
    std::cerr << answer.error().message << "\n";
    return answer.error().code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
  }
  if (invocation.json) {
    std::cout << base::dump_json(*answer) << "\n";
    return Exit::done;
  }
  for (const Json& entry : (*answer)[key]) std::cout << line_of(entry) << "\n";
  return Exit::done;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string tool_line(const Json& tool) {
  const std::string reason = tool.value("quarantine", "");
  return padded(tool.value("tool", ""), 40) + "  " +
         (reason.empty() ? padded(tool.value("effect", ""), 16) + tool.value("exported", "")
                         : "quarantined: " + reason);
}

std::string server_line(const Json& server) {
  const std::string reason = server.value("reason", "");
  return padded(server.value("server", ""), 24) + "  " + padded(server.value("state", ""), 12) +
         "since " + server.value("since", "") + (reason.empty() ? "" : "  " + reason);
}

}  // namespace

void add_tools(CLI::App& app, Invocation& invocation) {
  CLI::App* tools = app.add_subcommand("tools", "The tools of all servers");
  tools->require_subcommand(1);
  CLI::App* list =
      tools->add_subcommand("list", "List tools, with their effect or why they are quarantined");
  auto agent = std::make_shared<std::string>();
  list->add_option("--agent", *agent, "Only what this agent may call");
  list->footer("Example: sluice tools list --agent demo");
  list->callback([&invocation, agent] {
    invocation.run = [&invocation, agent] {
      const std::string route = agent->empty() ? "/v1/tools" : "/v1/tools?agent=" + *agent;
      return print_list(invocation, route, "tools", tool_line);
    };
  });
}

void add_servers(CLI::App& app, Invocation& invocation) {
  CLI::App* servers = app.add_subcommand("servers", "The servers behind the gateway");
  servers->require_subcommand(1);
  CLI::App* status =
      servers->add_subcommand("status", "Show each server's state, since when, and why");
  status->footer("Example: sluice servers status");
  status->callback([&invocation] {
    invocation.run = [&invocation] {
      return print_list(invocation, "/v1/servers", "servers", server_line);
    };
  });
}

}  // namespace gateway::commands
