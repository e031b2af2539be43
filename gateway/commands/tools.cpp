#include <iostream>
#include <memory>

#include "gateway/commands/admin_client.h"
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

std::string joined(const Json& words) {
  std::string text;
  for (const Json& word : words) text += (text.empty() ? "" : ", ") + word.get<std::string>();
  return text;
}

void print_tool(const Json& tool) {
  const auto line = [](const char* name, const std::string& text) {
    if (!text.empty()) std::cout << padded(name, 13) << text << "\n";
  };
  line("tool", tool.value("tool", ""));
  line("offered as", tool.value("exported", ""));
  line("quarantined", tool.value("quarantine", ""));
  line("effect", tool.value("effect", ""));
  line("key in", tool.value("key_argument", ""));
  line("verified by", tool.value("verified_by", ""));
  line("price", tool.value("price", ""));
  line("hash", tool.value("definition", ""));
  if (const Json* access = base::find_member(tool, "for")) {
    line("agent", access->value("agent", ""));
    line("decision", access->value("reason", ""));
    line("access", access->value("access", ""));
    line("counts", joined((*access)["counts"]));
  }
  std::cout << "as its vendor wrote it:\n"
            << tool["written"].dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

struct ShowOptions {
  std::string tool, agent;
};

Exit show(const Invocation& invocation, const ShowOptions& options) {
  std::string route = "/v1/tools/show?tool=" + query_value(options.tool);
  if (!options.agent.empty()) route += "&agent=" + query_value(options.agent);
  const auto tool = ask_gateway(chosen_gateway(invocation), route);
  if (!tool) {
    std::cerr << tool.error().message << "\n";
    return tool.error().code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
  }
  if (invocation.json) {
    std::cout << base::dump_json(*tool) << "\n";
  } else {
    print_tool(*tool);
  }
  return Exit::done;
}

void add_tools_show(CLI::App& tools, Invocation& invocation) {
  CLI::App* command = tools.add_subcommand(
      "show", "Show a tool: its definition, effect and price, and what decides for an agent");
  auto options = std::make_shared<ShowOptions>();
  command->add_option("NAME", options->tool, "server/tool, or the exported name")->required();
  command->add_option("--agent", options->agent, "Show what decides when this agent calls it");
  command->footer("Example: sluice tools show files/read_file --agent demo");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return show(invocation, *options); };
  });
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
      const std::string route =
          agent->empty() ? "/v1/tools" : "/v1/tools?agent=" + query_value(*agent);
      return print_list(invocation, route, "tools", tool_line);
    };
  });
  add_tools_show(*tools, invocation);
}

}  // namespace gateway::commands
