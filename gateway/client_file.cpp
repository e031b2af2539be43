#include "gateway/client_file.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/crypto.h"
#include "base/file_reader.h"
#include "base/url.h"
#include "base/yaml.h"
#include "gateway/address_config.h"
#include "gateway/client_expand.h"
#include "gateway/server_reader.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_client_bytes = 1 << 20;

std::string read_text(const fs::path& file) {
  auto text = base::read_file(file, max_client_bytes);
  if (!text) {
    throw base::ConfigError(file.string() +
                            ":1:1: the file cannot be read: " + text.error().message);
  }
  return std::move(*text);
}

// The project that a file belongs to: clients keep it in a directory of their own inside.
fs::path workspace_of(const fs::path& file) {
  const fs::path directory = file.parent_path();
  const fs::path name = directory.filename();
  return name == ".vscode" || name == ".cursor" ? directory.parent_path() : directory;
}

// Names of clients are free text; ours become part of tool names.
std::string usable_name(const std::string& name, const std::vector<ServerConfig>& taken) {
  constexpr std::size_t longest = 28;  // room for a number
  std::string usable;
  for (const char c : name) {
    const bool fits =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")
            .find(c) != std::string_view::npos;
    if (fits) usable.push_back(c);
    if (!fits && (usable.empty() || usable.back() != '_')) usable.push_back('_');
  }
  if (is_server_name(name)) usable = name;
  if (!is_server_name(usable)) usable.resize(std::min(usable.size(), longest));
  if (usable != name && usable.ends_with('_')) usable.pop_back();
  if (usable.empty()) usable = "server";
  const auto is_taken = [&](const std::string& candidate) {
    return std::any_of(taken.begin(), taken.end(),
                       [&](const ServerConfig& server) { return server.name == candidate; });
  };
  if (!is_taken(usable)) return usable;
  usable.resize(std::min(usable.size(), longest));
  int number = 2;
  while (is_taken(usable + "-" + std::to_string(number))) ++number;
  return usable + "-" + std::to_string(number);
}

bool is_gateway_url(const std::string& text, const ListenAddress& gateway) {
  const auto url = base::parse_url(text);
  if (!url || url->port != gateway.port || !url->target.starts_with("/mcp")) return false;
  return url->host == "localhost" || is_loopback({url->host, url->port});
}

// Directly, or through a bridge such as mcp-remote, or by starting another gateway.
bool leads_back(const ServerConfig& server, const ListenAddress& gateway) {
  if (!server.is_stdio()) return is_gateway_url(server.url, gateway);
  return fs::path(server.command.front()).filename() == "sluice" ||
         std::any_of(server.command.begin(), server.command.end(),
                     [&](const std::string& text) { return is_gateway_url(text, gateway); });
}

std::map<std::string, std::string> read_inputs(const base::YamlNode& inputs) {
  std::map<std::string, std::string> defaults;
  for (const base::YamlNode& input : inputs.items()) {
    std::string id;
    std::optional<std::string> preset;
    for (const auto& [key, value] : input.entries()) {
      if (key.text() == "id") id = value.text();
      if (key.text() == "default" && !value.is_null()) preset = value.text();
    }
    if (preset) defaults[id] = *preset;
  }
  return defaults;
}

class ClientReader {
 public:
  ClientReader(const fs::path& file, const ListenAddress& gateway, ClientReferences references)
      : file_(file), gateway_(gateway) {
    variables_.workspace = workspace_of(file);
    variables_.translate = references == ClientReferences::translate;
  }

  ClientFile read() {
    const auto root = base::YamlNode::parse(blank_comments(read_text(file_)), file_.string());
    std::optional<base::YamlNode> servers;
    for (const auto& [key, value] : root.entries()) {
      const std::string name = key.text();
      if (name == "inputs") {
        variables_.inputs = read_inputs(value);
      } else if (name == "mcpServers" || name == "servers") {
        servers = value;
      } else {
        result_.ignored.push_back(name);
      }
    }
    if (!servers) root.fail("expected 'mcpServers' or 'servers', as in an MCP client's file");
    for (const auto& [key, value] : servers->entries()) read_entry(key.text(), value);
    return std::move(result_);
  }

 private:
  void read_entry(const std::string& name, const base::YamlNode& entry) {
    const std::string usable = usable_name(name, result_.servers);
    const ServerRules rules{
        variables_.workspace,
        [&](const base::YamlNode& value) { return expand_as_client(value, variables_); },
        &result_.ignored};
    ServerConfig server;
    try {
      server = read_server(usable, entry, rules);
    } catch (const base::ConfigError& error) {
      // One entry that does not do must not keep the others from being served.
      server.name = usable;
      server.place = entry.where();
      server.disabled = error.what();
    }
    if (server.disabled.empty() && leads_back(server, gateway_)) {
      result_.notes.push_back("server " + name + " is skipped: it leads back to this gateway");
      return;
    }
    if (usable != name)
      result_.notes.push_back("server " + name + " is called " + usable + " here");
    result_.servers.push_back(std::move(server));
  }

  const fs::path& file_;
  const ListenAddress& gateway_;
  ClientVariables variables_;
  ClientFile result_;
};

fs::path state_directory(const fs::path& file) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if ((state == nullptr || *state != '/') && (home == nullptr || *home != '/')) {
    throw base::ConfigError(file.string() +
                            ":1:1: there is no place for the gateway's state: set HOME or "
                            "XDG_STATE_HOME");
  }
  const fs::path above =
      state != nullptr && *state == '/' ? fs::path(state) : fs::path(home) / ".local" / "state";
  return above / "sluice" / base::blake2b_hex(file.string()).substr(0, 12);
}

}  // namespace

std::string blank_comments(std::string text) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && quoted) {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && text.compare(at, 2, "//") == 0) {
      for (; at < text.size() && text[at] != '\n'; ++at) text[at] = ' ';
    } else if (!quoted && text.compare(at, 2, "/*") == 0) {
      const std::size_t end = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
      for (; at < end; ++at) {
        if (text[at] != '\n') text[at] = ' ';
      }
      --at;
    }
  }
  return text;
}

ClientFile load_client_file(const fs::path& file, const ListenAddress& gateway,
                            ClientReferences references) {
  const fs::path absolute = fs::absolute(file).lexically_normal();
  return ClientReader(absolute, gateway, references).read();
}

Config client_config(const fs::path& file, const ListenAddress& listen, ClientFile client) {
  Config config;
  config.file = fs::absolute(file).lexically_normal();
  config.listen = listen;
  const fs::path state = state_directory(config.file);
  std::error_code error;
  fs::create_directories(state, error);
  if (!error) fs::permissions(state, fs::perms::owner_all, error);
  if (error) {
    throw base::ConfigError(config.file.string() + ":1:1: the directory " + state.string() +
                            " cannot be made: " + error.message());
  }
  config.store = state / "sluice.db";
  config.journal = state / "journal.db";
  config.admin_socket = state / "sluice.sock";
  config.servers = std::move(client.servers);
  return config;
}

}  // namespace gateway
