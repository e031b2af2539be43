#include <memory>

#include "gateway/commands/print_list.h"

namespace gateway::commands {
namespace {

using base::Json;

std::string tool_line(const Json& tool) {
  const std::string reason = tool.value("quarantine", "");
  return padded(tool.value("tool", ""), 40) + "  " +
         (reason.empty() ? padded(tool.value("effect", ""), 16) + tool.value("exported", "")
                         : "quarantined: " + reason);
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

}  // namespace gateway::commands
