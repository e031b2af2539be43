#pragma once

#include <string>

namespace gateway::pipeline {

/// Who calls, proven before anything was parsed. Every lookup by an id from outside is keyed by
/// tenant and agent as well (invariant 7).
struct Principal {
  std::string agent;
  std::string tenant;
  std::string
      credential;  ///< what proved it: a key's id, or who used the admin socket; never a secret
  std::string view = {};  ///< the view by which it came, which narrows what it may call; or ""
};

}  // namespace gateway::pipeline
