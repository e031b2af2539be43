#pragma once

#include "gateway/commands/command.h"

namespace gateway::commands {

/// `servers add`, `servers import` and `servers remove`: they keep one file per server in
/// `servers.d/` beside the configuration, which includes them, and never touch the configuration.
void add_server_files(CLI::App& servers, Invocation& invocation);

}  // namespace gateway::commands
