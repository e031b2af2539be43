#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "gateway/config.h"
#include "gateway/expand.h"

namespace gateway {

/// How entries of one file are read.
struct ServerRules {
  std::filesystem::path directory;  ///< what paths are relative to, and where children start
  std::function<Expanded(const base::YamlNode&)> expand;
  /// Not null: a client's file. Its unknown keys are added here, as `SERVER.KEY`, and ignored.
  std::vector<std::string>* ignored = nullptr;
};

/// Whether the name of a server, or a prefix, fits into names of tools: 1 to 32 letters, digits,
/// `_` and `-` without `__`.
bool is_server_name(const std::string& text);

/// Reads one entry of `servers:` or `mcpServers`. Throws base::ConfigError. A value that is missing
/// turns this server off, not the gateway.
ServerConfig read_server(std::string name, const base::YamlNode& node, const ServerRules& rules);

/// The variables of an `envFile`: lines `NAME=value`, optionally after `export` and in quotes;
/// others are skipped.
std::vector<std::pair<std::string, std::string>> parse_env_file(const std::string& text);

}  // namespace gateway
