#include "gateway/commands/server_files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <memory>
#include <system_error>

#include "base/file_descriptor.h"
#include "base/json.h"
#include "base/yaml.h"
#include "gateway/client_file.h"
#include "gateway/commands/load.h"
#include "gateway/server_reader.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;
using base::Json;

struct AddOptions {
  std::string name, url, directory, instances;
  std::vector<std::string> headers, environment, command;
};

fs::path server_file(const Invocation& invocation, const std::string& name) {
  return fs::absolute(invocation.config).parent_path() / "servers.d" / (name + ".yaml");
}

// Each value as JSON, which is YAML.
std::string file_text(const std::string& name, const Json& entry) {
  std::string text = "servers:\n  " + name + ":\n";
  for (const auto& [key, value] : entry.items()) {
    text += "    " + key + ": " + base::dump_json(value) + "\n";
  }
  return text;
}

// Only its owner may read it: it may hold secrets.
base::Status write_new(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  const base::FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.is_open() &&
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return {};
  }
  return base::Error{
      base::Code::unavailable,
      path.string() + " cannot be written: " + std::generic_category().message(errno),
      {}};
}

// Writes the file and reads the whole configuration with it; takes it back when that does not do.
base::Status add_file(const Invocation& invocation, const std::string& name, const Json& entry) {
  const fs::path path = server_file(invocation, name);
  if (auto written = write_new(path, file_text(name, entry)); !written) return written;
  std::string problem;
  try {
    const Config config = load_config(invocation.config);
    const bool included =
        std::any_of(config.servers.begin(), config.servers.end(),
                    [&](const ServerConfig& server) { return server.name == name; });
    if (included) return {};
    problem =
        config.file.string() + " does not include it: write there  include: [servers.d/*.yaml]";
  } catch (const base::ConfigError& error) {
    problem = error.what();
  }
  std::error_code ignored;
  fs::remove(path, ignored);
  return base::Error{base::Code::invalid, "server " + name + " was not added: " + problem, {}};
}

Json entry_of(const ServerConfig& server) {
  Json entry = Json::object();
  const auto members = [](const std::vector<std::pair<std::string, std::string>>& pairs) {
    Json object = Json::object();
    for (const auto& [name, value] : pairs) object[name] = value;
    return object;
  };
  if (!server.is_stdio()) {
    entry["url"] = server.url;
    if (!server.headers.empty()) entry["headers"] = members(server.headers);
    return entry;
  }
  entry["command"] = server.command.front();
  if (server.command.size() > 1) {
    entry["args"] = std::vector<std::string>(server.command.begin() + 1, server.command.end());
  }
  if (!server.environment.empty()) entry["env"] = members(server.environment);
  entry["cwd"] = server.directory.string();
  return entry;
}

// `NAME=VALUE` or `Name: value`.
bool split_pair(const std::string& text, char separator, Json& object) {
  const std::size_t at = text.find(separator);
  if (at == std::string::npos || at == 0) return false;
  const std::size_t value = text.find_first_not_of(separator == ':' ? " \t" : "", at + 1);
  object[text.substr(0, at)] = value == std::string::npos ? "" : text.substr(value);
  return true;
}

Exit usage(const std::string& sentence) {
  std::cerr << sentence << "\n";
  return Exit::usage;
}

Exit report(const Invocation& invocation, const std::vector<std::string>& added, const char* verb) {
  if (invocation.json) {
    std::cout << base::dump_json({{verb, added}}) << "\n";
  } else {
    for (const std::string& name : added) std::cout << name << " " << verb << "\n";
    if (!added.empty()) std::cout << "A running gateway takes this up within a second.\n";
  }
  return Exit::done;
}

Exit add(const Invocation& invocation, const AddOptions& options) {
  if (options.url.empty() == options.command.empty()) {
    return usage("Say how the server is reached: --url URL, or -- COMMAND ARGUMENTS…");
  }
  if (!is_server_name(options.name)) {
    return usage("A server's name is 1 to 32 letters, digits, '_' and '-' without '__'.");
  }
  Json entry = Json::object(), headers = Json::object(), environment = Json::object();
  for (const std::string& header : options.headers) {
    if (!split_pair(header, ':', headers)) return usage("A header is written 'Name: value'.");
  }
  for (const std::string& variable : options.environment) {
    if (!split_pair(variable, '=', environment)) return usage("A variable is written NAME=VALUE.");
  }
  if (options.command.empty()) {
    entry["url"] = options.url;
  } else {
    entry["command"] = options.command.front();
    entry["args"] = std::vector<std::string>(options.command.begin() + 1, options.command.end());
    entry["cwd"] = fs::absolute(options.directory).lexically_normal().string();
  }
  if (!headers.empty()) entry["headers"] = headers;
  if (!environment.empty()) entry["env"] = environment;
  if (!options.instances.empty()) entry["instances"] = options.instances;
  if (auto added = add_file(invocation, options.name, entry); !added)
    return usage(added.error().message);
  return report(invocation, {options.name}, "added");
}

Exit import_file(const Invocation& invocation, const fs::path& file) {
  const Config config = load_config(invocation.config);
  const ClientFile client = load_client_file(file, config.listen, ClientReferences::translate);
  for (const std::string& note : client.notes) std::cerr << note << "\n";
  for (const std::string& key : client.ignored) std::cerr << "ignored: " << key << "\n";
  std::vector<std::string> added;
  bool all = true;
  for (const ServerConfig& server : client.servers) {
    if (!server.disabled.empty()) {
      std::cerr << "server " << server.name << " was not added: " << server.disabled << "\n";
      all = false;
    } else if (auto status = add_file(invocation, server.name, entry_of(server)); !status) {
      std::cerr << status.error().message << "\n";
      all = false;
    } else {
      added.push_back(server.name);
    }
  }
  report(invocation, added, "added");
  return all ? Exit::done : Exit::failed;
}

Exit remove(const Invocation& invocation, const std::string& name) {
  const fs::path path = server_file(invocation, name);
  std::error_code error;
  if (is_server_name(name) && fs::remove(path, error)) return report(invocation, {name}, "removed");
  const Config config = load_config(invocation.config);
  for (const ServerConfig& server : config.servers) {
    if (server.name != name) continue;
    return usage("Server " + name + " is defined at " + server.place +
                 ", which this command never changes: remove it there.");
  }
  return usage("There is no server " + name + ".");
}

}  // namespace

void add_server_files(CLI::App& servers, Invocation& invocation) {
  auto options = std::make_shared<AddOptions>();
  options->directory = ".";
  CLI::App* add_server = servers.add_subcommand("add", "Add a server, as a file in servers.d/");
  add_server->add_option("NAME", options->name, "What it is to be called")->required();
  add_server->add_option("COMMAND", options->command, "Behind `--`: the program and its arguments");
  add_server->add_option("--url", options->url, "A server over HTTP");
  add_server->add_option("-H,--header", options->headers, "'Name: value', for --url")
      ->allow_extra_args(false);
  add_server->add_option("-e,--env", options->environment, "NAME=VALUE, for a command")
      ->allow_extra_args(false);
  add_server->add_option("--cwd", options->directory, "Where the command starts")
      ->capture_default_str();
  add_server->add_option("--instances", options->instances, "shared, agent or session")
      ->check(CLI::IsMember({"shared", "agent", "session"}));
  add_server->footer(
      "Example: sluice servers add files -- npx -y @modelcontextprotocol/server-filesystem ./data\n"
      "         sluice servers add search --url http://127.0.0.1:9001/mcp -H 'X-Key: "
      "${env:SEARCH_KEY}'");
  add_server->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return add(invocation, *options); };
  });

  auto file = std::make_shared<std::string>();
  CLI::App* import_servers =
      servers.add_subcommand("import", "Add all servers of an MCP client's configuration file");
  import_servers->add_option("FILE", *file, "Of Claude, Cursor or VS Code")->required();
  import_servers->footer("Example: sluice servers import .vscode/mcp.json");
  import_servers->callback([&invocation, file] {
    invocation.run = [&invocation, file] { return import_file(invocation, *file); };
  });

  auto name = std::make_shared<std::string>();
  CLI::App* remove_server =
      servers.add_subcommand("remove", "Remove a server that `add` or `import` has added");
  remove_server->add_option("NAME", *name, "The server")->required();
  remove_server->footer("Example: sluice servers remove search");
  remove_server->callback([&invocation, name] {
    invocation.run = [&invocation, name] { return remove(invocation, *name); };
  });
}

}  // namespace gateway::commands
