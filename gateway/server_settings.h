#pragma once

#include <string>
#include <vector>

#include "gateway/config.h"
#include "tools/upstream_settings.h"

namespace gateway {

/// What the servers of a configuration that are on need to be reached.
std::vector<tools::UpstreamSettings> enabled_servers(const Config& config);

/// The whole environment of a child, as `NAME=value`: what is configured, and of the gateway's own
/// only HOME, LOGNAME, PATH, SHELL, TERM and USER, which MCP clients pass on as well.
std::vector<std::string> child_environment(
    const std::vector<std::pair<std::string, std::string>>& configured);

}  // namespace gateway
