#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/url.h"
#include "runtime/event.h"
#include "runtime/price.h"

namespace runtime {

/// One entry of `runtime.models`.
struct ModelSettings {
  enum class Api { scripted, openai, anthropic } api = Api::scripted;
  std::filesystem::path script;  ///< of a scripted one
  base::Url url;                 ///< of the others
  std::string model;             ///< the provider's name for it
  std::string api_key;           ///< never printed
  /// nullopt: nobody said, so that it cannot be used where money is counted.
  std::optional<Price> price;
  std::int64_t max_tokens = 4096;              ///< of one answer
  std::chrono::milliseconds timeout{600'000};  ///< of one answer, with all attempts to get it
};

/// One entry of `runtime.agents`. What it may do is said by the policy agent of the same name.
struct AgentSettings {
  std::string model;
  std::string instructions;
  StopConditions stop;
  ContextSettings context;
};

/// `runtime:` of the configuration.
struct Settings {
  std::map<std::string, AgentSettings> agents;
  std::map<std::string, ModelSettings> models;
};

}  // namespace runtime
