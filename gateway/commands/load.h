#pragma once

#include "gateway/commands/command.h"
#include "gateway/loaded_config.h"

namespace gateway::commands {

using Loaded = LoadedConfig;

/// The configuration that the command line names: `sluice.yaml`, or a client's file. `notes`, when
/// not null, gets sentences for people about the latter. Throws base::ConfigError.
Config load_chosen_config(const Invocation& invocation, std::vector<std::string>* notes = nullptr);

/// Throws base::ConfigError.
Loaded load(const Invocation& invocation);

}  // namespace gateway::commands
