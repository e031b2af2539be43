#include "policies/role_closure.h"

#include <vector>

namespace policies {

std::set<std::string> role_closure(const PolicyDocument& document, const std::string& role) {
  std::set<std::string> seen;
  std::vector<std::string> waiting = {role};
  while (!waiting.empty()) {
    const std::string name = waiting.back();
    waiting.pop_back();
    const auto found = document.roles.find(name);
    if (found == document.roles.end() || !seen.insert(name).second) continue;
    waiting.insert(waiting.end(), found->second.includes.begin(), found->second.includes.end());
  }
  return seen;
}

}  // namespace policies
