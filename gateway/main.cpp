#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "base/keeper_process.h"
#include "base/terminal_output.h"
#include "base/version.h"
#include "base/yaml.h"
#include "gateway/commands/command.h"

using gateway::commands::Exit;
using gateway::commands::Invocation;

namespace {

void add_commands(CLI::App& app, Invocation& invocation) {
  using namespace gateway::commands;
  add_serve(app, invocation);
  add_check(app, invocation);
  add_call(app, invocation);
  add_tools(app, invocation);
  add_servers(app, invocation);
  add_budgets(app, invocation);
  add_key(app, invocation);
  add_policy(app, invocation);
  add_runs(app, invocation);
  add_approvals(app, invocation);
  add_audit(app, invocation);
  add_why(app, invocation);
  add_doctor(app, invocation);
  add_completion(app, invocation);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto ended = base::keep_processes_if_asked(argc, argv)) return *ended;
  std::signal(SIGPIPE,
              SIG_IGN);  // a peer that goes away is an error of its connection, not our end
  const base::TerminalOutput out(std::cout, ::isatty(STDOUT_FILENO) == 1);
  const base::TerminalOutput err(std::cerr, ::isatty(STDERR_FILENO) == 1);
  CLI::App app{"Sluice: one governed MCP endpoint for the tools of many servers", "sluice"};
  app.set_version_flag("--version", std::string(base::version));
  app.require_subcommand(1);
  app.fallthrough();
  Invocation invocation;
  app.add_option("-c,--config", invocation.config, "The configuration file")
      ->envname("SLUICE_CONFIG")
      ->capture_default_str();
  app.add_option("--mcp-config", invocation.client_file,
                 "An MCP client's configuration file (Claude, Cursor, VS Code) instead of one");
  app.add_option("--admin", invocation.admin,
                 "URL of a gateway's admin listener, instead of a configuration; your key is in "
                 "SLUICE_TOKEN");
  app.add_flag("--json", invocation.json, "Print JSON");
  add_commands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  try {
    return static_cast<int>(invocation.run());
  } catch (const base::ConfigError& error) {
    std::cerr << error.what() << "\n";
    return static_cast<int>(Exit::usage);
  } catch (const std::exception& error) {
    std::cerr << "sluice: " << error.what() << "\n";
    return static_cast<int>(Exit::failed);
  }
}
