#pragma once

#include "base/log.h"
#include "tools/server_tools.h"

namespace gateway {

/// One log line about what a server lists beside tools and nobody is offered: how much it is, and
/// why the first of it is not. None when there is nothing to say.
void report_unoffered(const tools::ServerTools& server, base::Log& log);

}  // namespace gateway
