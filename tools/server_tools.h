#pragma once

#include <string>
#include <vector>

#include "tools/server_offer.h"
#include "tools/server_tool.h"

namespace tools {

/// What one server offers. Immutable once built.
struct ServerTools {
  std::string server;
  std::string prefix;
  bool trusted = false;
  std::vector<ServerTool> tools;
  std::vector<ServerOffer> prompts, resources, templates;
};

}  // namespace tools
