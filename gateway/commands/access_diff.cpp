#include "gateway/commands/access_diff.h"

#include <algorithm>
#include <iostream>
#include <optional>

#include "base/json.h"
#include "base/yaml.h"
#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"

namespace gateway::commands {
namespace {

using base::Json;
using policies::AccessChange;

// Absent when no gateway of this configuration answers.
std::optional<std::vector<std::string>> offered_tools(const Invocation& invocation) {
  std::optional<Config> config;
  try {
    config = load_chosen_config(invocation);
  } catch (const base::ConfigError&) {
    return std::nullopt;
  }
  const auto answer = ask_gateway({config->admin_socket}, "/v1/tools");
  const Json* tools = answer ? base::find_member(*answer, "tools") : nullptr;
  if (tools == nullptr || tools->empty()) return std::nullopt;
  std::vector<std::string> ids;
  for (const Json& tool : *tools) ids.push_back(tool.value("tool", ""));
  return ids;
}

std::string line_of(const AccessChange& change) {
  if (change.before.empty()) {
    return "  + " + change.tool + (change.after == "allowed" ? "" : ": " + change.after);
  }
  if (change.after.empty()) {
    return "  - " + change.tool + (change.before == "allowed" ? "" : ": " + change.before);
  }
  return "  ~ " + change.tool + ": " + change.before + "\n    now " + change.after;
}

}  // namespace

AccessDiff diff_access(const Invocation& invocation, const policies::PolicyDocument& before,
                       const policies::PolicyDocument& after) {
  const policies::Policy old_policy(before), new_policy(after);
  AccessDiff diff{old_policy.version(), new_policy.version(), false, {}};
  std::vector<std::string> tools = policies::sample_tools(before, after);
  if (auto offered = offered_tools(invocation)) {
    diff.over_catalog = true;
    tools = policies::named_tools(before, after);  // a server may not be there yet
    tools.insert(tools.end(), offered->begin(), offered->end());
    std::sort(tools.begin(), tools.end());
    tools.erase(std::unique(tools.begin(), tools.end()), tools.end());
  }
  diff.changes = policies::compare_access(old_policy, new_policy, tools);
  return diff;
}

void print_diff(const AccessDiff& diff) {
  std::string agent;
  for (const AccessChange& change : diff.changes) {
    if (change.agent != agent) std::cout << change.agent << "\n";
    agent = change.agent;
    std::cout << line_of(change) << "\n";
  }
  if (!diff.changes.empty()) return;
  std::cout << (diff.before == diff.after ? "The policies are the same.\n"
                                          : "The policies differ, but nobody's access does.\n");
}

Json diff_facts(const AccessDiff& diff) {
  Json changes = Json::array();
  for (const AccessChange& change : diff.changes) {
    changes.push_back({{"agent", change.agent},
                       {"tool", change.tool},
                       {"before", change.before},
                       {"after", change.after}});
  }
  return {{"before", diff.before},
          {"after", diff.after},
          {"over", diff.over_catalog ? "catalog" : "patterns"},
          {"changes", std::move(changes)}};
}

}  // namespace gateway::commands
