#pragma once

#include "gateway/commands/command.h"
#include "gateway/config.h"

namespace gateway::commands {

/// A configuration with its policy: the policy files', or the local one when there is no
/// `policies:`.
struct Loaded {
  Config config;
  policies::PolicyDocument policy;
};

/// Throws base::ConfigError.
Loaded load(const Invocation& invocation);

}  // namespace gateway::commands
