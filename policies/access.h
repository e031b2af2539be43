#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policies/policy.h"

namespace policies {

/// What one agent may do with one tool, before and after, in words: "" is nothing.
struct AccessChange {
  std::string agent, tool;  ///< `tool` is `server/tool`
  std::string before, after;
};

/// Whose access differs between two policies, of all agents that either names, over `tools`.
std::vector<AccessChange> compare_access(const Policy& before, const Policy& after,
                                         const std::vector<std::string>& tools);

/// Tools to compare over when those of the servers are not known: of each pattern that the
/// documents name one that it matches, and one that two of them match together. `…` stands for a
/// star.
std::vector<std::string> sample_tools(const PolicyDocument& one, const PolicyDocument& other);

/// The tools that the documents name without a star.
std::vector<std::string> named_tools(const PolicyDocument& one, const PolicyDocument& other);

}  // namespace policies
