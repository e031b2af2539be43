#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "gateway/config.h"

namespace gateway {

/// The servers of one configuration, from its main file and its includes.
class ServerList {
 public:
  /// Reads one `servers:` map. Paths in it are relative to `directory`.
  void read(const base::YamlNode& node, const std::filesystem::path& directory);

  std::vector<ServerConfig> take() { return std::move(servers_); }

 private:
  std::vector<ServerConfig> servers_;
  std::map<std::string, base::YamlNode> places_;
};

}  // namespace gateway
