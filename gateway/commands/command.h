#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace gateway::commands {

/// What scripts depend on (design §4).
enum class Exit {
  done = 0,
  failed = 1,
  usage = 2,
  unreachable = 3,
  refused = 4,
  waiting = 5,
  unknown = 6
};

/// Options that every command has, and what the chosen command will do.
struct Invocation {
  std::filesystem::path config = "sluice.yaml";
  std::filesystem::path client_file;  ///< an MCP client's file instead of `config`; or empty
  std::string listen;                 ///< instead of the configuration's; or ""
  std::string admin;  ///< URL of the admin listener to ask, instead of a configuration; or ""
  bool json = false;
  std::function<Exit()> run;
};

/// Prints the error for people.
Exit fail(const base::Error& error);

/// One function per command: adds it to the command line. `invocation` outlives the parsing and the
/// run.
void add_serve(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_call(CLI::App& app, Invocation& invocation);
void add_tools(CLI::App& app, Invocation& invocation);
void add_servers(CLI::App& app, Invocation& invocation);
void add_budgets(CLI::App& app, Invocation& invocation);
void add_key(CLI::App& app, Invocation& invocation);
void add_policy(CLI::App& app, Invocation& invocation);
void add_runs(CLI::App& app, Invocation& invocation);
void add_approvals(CLI::App& app, Invocation& invocation);
void add_why(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);
void add_completion(CLI::App& app, Invocation& invocation);
void add_audit(CLI::App& app, Invocation& invocation);

}  // namespace gateway::commands
