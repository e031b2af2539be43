#pragma once

#include <string>
#include <string_view>

namespace policies {

/// `server/tool`, as patterns match it.
inline std::string tool_id(std::string_view server, std::string_view tool) {
  std::string id;
  id.reserve(server.size() + 1 + tool.size());
  return id.append(server).append("/").append(tool);
}

}  // namespace policies
