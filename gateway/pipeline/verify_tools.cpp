#include "gateway/pipeline/verify_tools.h"

#include <algorithm>
#include <string>

namespace gateway::pipeline {
namespace {

using base::Json;
using policies::Effect;
using policies::Verification;
using tools::ServerTool;
using tools::ServerTools;
using Servers = std::vector<std::shared_ptr<const ServerTools>>;

// Whether calls can have the argument, as far as its schema says which they have.
bool takes(const ServerTool& tool, const std::string& argument) {
  const Json* schema = base::find_member(tool.definition, "inputSchema");
  const Json* properties = schema ? base::find_member(*schema, "properties") : nullptr;
  return properties == nullptr || base::find_member(*properties, argument) != nullptr;
}

std::string problem_with(const policies::Policy& policy, const ServerTools& owner,
                         const ServerTool& asked, const Verification& how) {
  const std::string verify_tool = "its verify tool " + how.id();
  if (!asked.quarantine.empty()) return verify_tool + " is withheld: " + asked.quarantine;
  const Effect effect = effect_of(policy, owner, asked);
  if (effect != Effect::read_only) {
    return verify_tool + " is not read_only: it is " + std::string(to_string(effect));
  }
  for (const auto& argument : how.arguments) {
    if (!takes(asked, argument.name))
      return verify_tool + " has no argument '" + argument.name + "'";
  }
  return {};
}

std::string problem_of(const policies::Policy& policy, const Servers& servers,
                       const ServerTool& tool, const Verification& how) {
  for (const auto& argument : how.arguments) {
    if (argument.pointer.empty() || takes(tool, policies::first_step(argument.pointer))) continue;
    return "it has no argument for " + argument.pointer + ", by which the policy verifies it";
  }
  const auto owner =
      std::ranges::find(servers, how.server, [](const auto& server) { return server->server; });
  if (owner == servers.end()) return {};
  const auto& offered = (*owner)->tools;
  const auto asked = std::ranges::find(offered, how.tool, &ServerTool::name);
  if (asked == offered.end()) return "its verify tool " + how.id() + " is not offered";
  return problem_with(policy, **owner, *asked, how);
}

}  // namespace

Effect effect_of(const policies::Policy& policy, const ServerTools& owner, const ServerTool& tool) {
  const bool hinted = owner.trusted && tool.read_only_hint;
  return policy.effect_of(owner.server, tool.name)
      .value_or(hinted ? Effect::read_only : Effect::non_idempotent);
}

tools::Withheld unverifiable(const policies::Policy& policy, const Servers& servers) {
  tools::Withheld withheld;
  if (!policy.has_verifications()) return withheld;
  for (const auto& server : servers) {
    for (const ServerTool& tool : server->tools) {
      const Verification* how = policy.verification_of(server->server, tool.name);
      if (how == nullptr || !tool.quarantine.empty()) continue;
      std::string problem = problem_of(policy, servers, tool, *how);
      if (!problem.empty()) withheld.emplace(server->server + "/" + tool.name, std::move(problem));
    }
  }
  return withheld;
}

}  // namespace gateway::pipeline
