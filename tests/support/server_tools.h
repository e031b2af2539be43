#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/catalog.h"

namespace tests {

/// A definition as a server would list it, with one required string argument `message`.
inline base::Json echo_definition(const std::string& name) {
  return {{"name", name},
          {"inputSchema",
           {{"type", "object"},
            {"properties", {{"message", {{"type", "string"}}}}},
            {"required", {"message"}},
            {"additionalProperties", false}}}};
}

inline std::shared_ptr<const tools::ServerTools> server_tools(const std::string& server,
                                                              std::vector<base::Json> definitions,
                                                              const base::Limits& limits = {}) {
  auto offered = std::make_shared<tools::ServerTools>();
  offered->server = server;
  offered->prefix = server;
  offered->tools = tools::compile_tools(std::move(definitions), limits);
  return offered;
}

}  // namespace tests
