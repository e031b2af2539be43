#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "gateway/commands/load.h"

namespace gateway::commands {

/// What a check found.
struct Finding {
  std::string check;    ///< a word or two: `port`
  std::string problem;  ///< one sentence; "" when all is well
  std::string mend;     ///< the command, or what to change
};
using Findings = std::vector<Finding>;

/// What the running gateway says of its servers and tools; absent when none answers.
struct RunningGateway {
  base::Json servers, tools;
};
std::optional<RunningGateway> ask_running(const Config& config);

/// One function per mistake that people make. They change nothing but for a file that is made and
/// removed at once where one must be writable.
Findings check_port(const Config& config, bool running);
Findings check_programs(const Config& config);
Findings check_servers(const Config& config, const std::optional<RunningGateway>& running);
Findings check_keys(const Loaded& loaded);
Findings check_policy(const Loaded& loaded, const std::optional<RunningGateway>& running);
Findings check_clock(const Config& config);
Findings check_descriptors(const Config& config);
Findings check_permissions(const Config& config);
Findings check_writable(const Config& config);
Findings check_redis(const Config& config);

}  // namespace gateway::commands
