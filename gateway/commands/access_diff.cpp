#include "gateway/commands/access_diff.h"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>

#include "base/json.h"
#include "base/yaml.h"
#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"

namespace gateway::commands {
namespace {

using base::Json;
using policies::AccessChange;
using policies::Offered;
using policies::Primitive;

// Absent when no gateway of this configuration answers.
std::optional<std::vector<Offered>> offered_tools(const Invocation& invocation) {
  std::optional<Config> config;
  try {
    config = load_chosen_config(invocation);
  } catch (const base::ConfigError&) {
    return std::nullopt;
  }
  const auto answer = ask_gateway({config->admin_socket}, "/v1/tools");
  const Json* tools = answer ? base::find_member(*answer, "tools") : nullptr;
  if (tools == nullptr || tools->empty()) return std::nullopt;
  std::vector<Offered> offered;
  for (const Json& tool : *tools) offered.push_back({Primitive::tool, tool.value("tool", "")});
  return offered;
}

std::string line_of(const AccessChange& change) {
  const Primitive primitive = change.what.primitive;
  const std::string what =
      (primitive == Primitive::tool ? "" : std::string(to_string(primitive)) + " ") +
      change.what.id;
  if (change.before.empty()) {
    return "  + " + what + (change.after == "allowed" ? "" : ": " + change.after);
  }
  if (change.after.empty()) {
    return "  - " + what + (change.before == "allowed" ? "" : ": " + change.before);
  }
  return "  ~ " + what + ": " + change.before + "\n    now " + change.after;
}

}  // namespace

AccessDiff diff_access(const Invocation& invocation, const policies::PolicyDocument& before,
                       const policies::PolicyDocument& after) {
  const policies::Policy old_policy(before), new_policy(after);
  AccessDiff diff{old_policy.version(), new_policy.version(), false, {}};
  std::vector<Offered> tools = policies::sample_offers(before, after, Primitive::tool);
  if (auto offered = offered_tools(invocation)) {
    diff.over_catalog = true;
    tools = policies::named_tools(before, after);  // a server may not be there yet
    tools.insert(tools.end(), offered->begin(), offered->end());
    std::sort(tools.begin(), tools.end());
    tools.erase(std::unique(tools.begin(), tools.end()), tools.end());
  }
  for (const Primitive primitive : {Primitive::resource, Primitive::prompt}) {
    auto samples = policies::sample_offers(before, after, primitive);
    std::move(samples.begin(), samples.end(), std::back_inserter(tools));
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
                       {to_string(change.what.primitive), change.what.id},
                       {"before", change.before},
                       {"after", change.after}});
  }
  return {{"before", diff.before},
          {"after", diff.after},
          {"over", diff.over_catalog ? "catalog" : "patterns"},
          {"changes", std::move(changes)}};
}

}  // namespace gateway::commands
