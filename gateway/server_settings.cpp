#include "gateway/server_settings.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace gateway {
namespace {

constexpr const char* passed_on[] = {"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"};

// What a server says is hidden line by line.
void add_lines(const std::string& value, std::vector<std::string>& hidden) {
  std::istringstream lines(value);
  for (std::string line; std::getline(lines, line);) hidden.push_back(std::move(line));
}

// Of credentials such as `Bearer abc` a server may repeat the second word alone.
std::vector<std::string> hidden_values(const ServerConfig& server) {
  std::vector<std::string> hidden;
  for (const auto& [name, value] : server.environment) add_lines(value, hidden);
  for (const std::string& value : server.secrets) add_lines(value, hidden);
  for (const auto& [name, value] : server.headers) {
    hidden.push_back(value);
    const std::size_t blank = value.find(' ');
    if (blank != std::string::npos) hidden.push_back(value.substr(blank + 1));
  }
  return hidden;
}

tools::StdioServer stdio_server(const ServerConfig& server) {
  tools::StdioServer stdio;
  stdio.command = {server.command, child_environment(server.environment),
                   server.directory.string()};
  stdio.instances = server.instances;
  stdio.hidden = hidden_values(server);
  return stdio;
}

// Reading the system's authorities takes a while: once for all servers, and only when one needs them.
class Authorities {
 public:
  std::shared_ptr<const base::TlsContext> of(const ServerConfig& server) {
    if (!server.authorities.empty()) return read(server.authorities);
    if (!system_) system_ = read({});
    return system_;
  }

 private:
  // Loading has read the file already; should it be gone since, calls to that server fail.
  static std::shared_ptr<const base::TlsContext> read(const std::filesystem::path& file) {
    auto context = base::TlsContext::client(file);
    return context ? std::move(*context) : nullptr;
  }

  std::shared_ptr<const base::TlsContext> system_;
};

}  // namespace

std::vector<tools::UpstreamSettings> enabled_servers(const Config& config) {
  std::vector<tools::UpstreamSettings> enabled;
  Authorities authorities;
  for (const ServerConfig& server : config.servers) {
    if (!server.disabled.empty()) continue;
    tools::UpstreamSettings settings;
    settings.name = server.name;
    if (server.is_stdio()) {
      settings.server = stdio_server(server);
    } else {
      auto url = base::parse_url(server.url);
      if (!url) continue;  // loading refused it already
      auto tls = url->secure ? authorities.of(server) : nullptr;
      settings.server = tools::HttpServer{std::move(*url), server.headers, std::move(tls),
                                          server.authorities.string() + " " +
                                              server.authorities_hash};
    }
    if (server.era == EraChoice::modern) settings.era = mcp::Era::modern;
    if (server.era == EraChoice::legacy) settings.era = mcp::Era::legacy;
    settings.trusted = server.trusted;
    settings.prefix = server.prefix.value_or(server.name);
    settings.timeout = server.timeout;
    settings.max_timeout = server.max_timeout;
    settings.start_timeout = server.start_timeout;
    settings.refresh = server.refresh;
    settings.hidden = hidden_values(server);
    enabled.push_back(std::move(settings));
  }
  return enabled;
}

std::vector<std::string> child_environment(
    const std::vector<std::pair<std::string, std::string>>& configured) {
  std::vector<std::string> environment;
  for (const char* name : passed_on) {
    const bool replaced = std::any_of(configured.begin(), configured.end(),
                                      [&](const auto& entry) { return entry.first == name; });
    const char* value = std::getenv(name);
    if (!replaced && value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : configured) environment.push_back(name + "=" + value);
  return environment;
}

}  // namespace gateway
