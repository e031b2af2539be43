#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace policies {

class Policy;

/// The proof that policy allowed one agent one tool. Only Policy::decide() makes one, and nothing can be
/// sent upstream without one (invariant 1).
class Permit {
 public:
  const std::string& agent() const { return agent_; }
  const std::string& server() const { return server_; }
  const std::string& tool() const { return tool_; }
  /// The rule that allowed it, e.g. `reader: allow files/read_*`.
  const std::string& rule() const { return rule_; }

 private:
  friend class Policy;
  Permit(std::string agent, std::string server, std::string tool, std::string rule)
      : agent_(std::move(agent)),
        server_(std::move(server)),
        tool_(std::move(tool)),
        rule_(std::move(rule)) {}

  std::string agent_, server_, tool_, rule_;
};

}  // namespace policies
