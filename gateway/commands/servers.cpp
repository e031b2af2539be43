#include <iostream>
#include <memory>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"
#include "gateway/commands/print_list.h"
#include "gateway/commands/server_files.h"

namespace gateway::commands {
namespace {

using base::Json;

std::string server_line(const Json& server) {
  const std::string reason = server.value("reason", "");
  // The state of the connection; or, of one that is left alone after failures, that.
  const std::string breaker = server.value("breaker", "closed");
  const std::string state = breaker == "closed" ? server.value("state", "") : "breaker " + breaker;
  return padded(server.value("server", ""), 24) + "  " + padded(state, 18) +
         "since " + server.value("since", "") + (reason.empty() ? "" : "  " + reason);
}

// What the files say now may not be what is in force.
void print_refusal(const Json& answer) {
  const Json* config = base::find_member(answer, "config");
  const Json* refused = config ? base::find_member(*config, "refused") : nullptr;
  if (refused == nullptr || refused->is_null()) return;
  std::cerr << "The files have changed and were refused; the configuration of "
            << config->value("since", "") << " stays in force:\n"
            << refused->value("reason", "") << "\n";
}

// What it is, without anything that may be a secret.
std::string target_of(const ServerConfig& server) {
  return server.is_stdio() ? server.command.front() : server.url;
}

Exit list_configured(const Invocation& invocation) {
  const Config config = load_chosen_config(invocation);
  Json rows = Json::array();
  for (const ServerConfig& server : config.servers) {
    const char* kind = server.is_stdio() ? "stdio" : "http";
    rows.push_back({{"server", server.name},
                    {"transport", kind},
                    {"target", target_of(server)},
                    {"place", server.place},
                    {"disabled", server.disabled}});
    if (invocation.json) continue;
    std::cout << padded(server.name, 24) << "  " << padded(kind, 6) << padded(target_of(server), 40)
              << "  " << (server.disabled.empty() ? server.place : "off: " + server.disabled)
              << "\n";
  }
  if (invocation.json) std::cout << base::dump_json({{"servers", std::move(rows)}}) << "\n";
  return Exit::done;
}

Exit restart(const Invocation& invocation, const std::string& name) {
  auto answer =
      ask_gateway(chosen_gateway(invocation), "/v1/servers/restart", Json{{"server", name}});
  if (!answer) {
    std::cerr << answer.error().message << "\n";
    return answer.error().code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
  }
  std::cout << (invocation.json ? base::dump_json(*answer)
                                : "Server " + name + " is starting again.")
            << "\n";
  return Exit::done;
}

}  // namespace

void add_servers(CLI::App& app, Invocation& invocation) {
  CLI::App* servers = app.add_subcommand("servers", "The servers behind the gateway");
  servers->require_subcommand(1);

  CLI::App* status =
      servers->add_subcommand("status", "Show each server's state, since when, and why");
  status->footer("Example: sluice servers status");
  status->callback([&invocation] {
    invocation.run = [&invocation] {
      return print_list(invocation, "/v1/servers", "servers", server_line, print_refusal);
    };
  });

  CLI::App* list_servers =
      servers->add_subcommand("list", "List the configured servers and where they are defined");
  list_servers->footer("Example: sluice servers list --json");
  list_servers->callback(
      [&invocation] { invocation.run = [&invocation] { return list_configured(invocation); }; });

  auto name = std::make_shared<std::string>();
  CLI::App* restart_server = servers->add_subcommand(
      "restart", "End a server's processes and start them again, also after a crash loop");
  restart_server->add_option("NAME", *name, "The server")->required();
  restart_server->footer("Example: sluice servers restart files");
  restart_server->callback([&invocation, name] {
    invocation.run = [&invocation, name] { return restart(invocation, *name); };
  });

  add_server_files(*servers, invocation);
}

}  // namespace gateway::commands
