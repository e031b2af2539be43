#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace gateway::commands {

/// Asks the running gateway over its admin socket; `body` makes it a POST. Code::unavailable when
/// no gateway answers; else the gateway's sentence, with Code::invalid, unauthorized or not_found for
/// HTTP 400, 403 and 404, and Code::refused for every other error.
base::Result<base::Json> ask_gateway(const std::filesystem::path& socket, const std::string& route,
                                     const std::optional<base::Json>& body = {});

}  // namespace gateway::commands
