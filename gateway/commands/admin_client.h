#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/url.h"
#include "gateway/commands/command.h"

namespace gateway::commands {

/// Where the admin listener of a running gateway is, and what proves to it who asks.
struct GatewayAddress {
  std::filesystem::path socket;       ///< of a gateway of this machine, which knows the user
  std::optional<base::Url> url = {};  ///< instead of it
  std::string key = {};               ///< a person's, with `url`
};

/// The gateway that the command line names: by `--admin` with the key in SLUICE_TOKEN, else by its
/// configuration. Throws base::ConfigError, also for a key that would cross a network in the clear.
GatewayAddress chosen_gateway(const Invocation& invocation);

/// Asks the running gateway; `body` makes it a POST. Code::unavailable when no gateway answers; else
/// the gateway's sentence, with Code::invalid, unauthorized or not_found for HTTP 400, 401 and 403,
/// and 404, and Code::refused for every other error.
base::Result<base::Json> ask_gateway(const GatewayAddress& gateway, const std::string& route,
                                     const std::optional<base::Json>& body = {});

/// `text` as a value in the query of a route.
std::string query_value(std::string_view text);

}  // namespace gateway::commands
