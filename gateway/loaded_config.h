#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/config.h"
#include "policies/rule.h"

namespace gateway {

/// A configuration with its policy: the policy files', or the local one when there is no
/// `policies:`.
struct LoadedConfig {
  Config config;
  std::vector<std::string> notes;  ///< about a client's file
  policies::PolicyDocument policy;
};

/// Reads the files that the gateway was started with, as they are now. Throws base::ConfigError.
using ConfigLoader = std::function<LoadedConfig()>;

}  // namespace gateway
