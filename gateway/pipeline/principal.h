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
};

}  // namespace gateway::pipeline
