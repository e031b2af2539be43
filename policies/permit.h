#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/json_text.h"

namespace policies {

class Policy;

/// What a server offers, as the protocol names it. Rules and permits are for one of them: a tool
/// and a prompt of one name are two different things.
enum class Primitive { tool, resource, prompt };

constexpr std::string_view to_string(Primitive primitive) {
  if (primitive == Primitive::tool) return "tool";
  return primitive == Primitive::resource ? "resource" : "prompt";
}

/// The member that names what is asked for, in records and logs.
constexpr base::JsonName member_of(Primitive primitive) {
  if (primitive == Primitive::tool) return "tool";
  return primitive == Primitive::resource ? base::JsonName("resource") : base::JsonName("prompt");
}

/// The proof that policy allowed one agent one tool, one resource or one prompt. Only
/// Policy::decide() makes one, and nothing can be sent upstream without one (invariant 1).
class Permit {
 public:
  Primitive primitive() const { return primitive_; }
  const std::string& agent() const { return agent_; }
  const std::string& server() const { return server_; }
  /// Of a tool or a prompt; of a resource its URI.
  const std::string& name() const { return name_; }
  /// The rule that allowed it, e.g. `reader: allow files/read_*`.
  const std::string& rule() const { return rule_; }

 private:
  friend class Policy;
  Permit(Primitive primitive, std::string agent, std::string server, std::string name,
         std::string rule)
      : primitive_(primitive),
        agent_(std::move(agent)),
        server_(std::move(server)),
        name_(std::move(name)),
        rule_(std::move(rule)) {}

  Primitive primitive_;
  std::string agent_, server_, name_, rule_;
};

}  // namespace policies
