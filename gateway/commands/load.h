#pragma once

#include "gateway/commands/command.h"
#include "gateway/config.h"

namespace gateway::commands {

/// A configuration with its policy: the policy files', or the local one when there is no
/// `policies:`.
struct Loaded {
  Config config;
  std::vector<std::string> notes;  ///< about a client's file
  policies::PolicyDocument policy;
};

/// The configuration that the command line names: `sluice.yaml`, or a client's file. `notes`, when
/// not null, gets sentences for people about the latter. Throws base::ConfigError.
Config load_chosen_config(const Invocation& invocation, std::vector<std::string>* notes = nullptr);

/// Throws base::ConfigError.
Loaded load(const Invocation& invocation);

}  // namespace gateway::commands
