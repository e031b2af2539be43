#include "gateway/pipeline/snapshot.h"

#include <iterator>

#include "gateway/pipeline/verify_tools.h"

namespace gateway::pipeline {

tools::KeyArguments key_arguments(
    const policies::Policy& policy,
    const std::vector<std::shared_ptr<const tools::ServerTools>>& servers) {
  tools::KeyArguments keys;
  if (!policy.has_keys()) return keys;
  for (const auto& server : servers) {
    for (const tools::ServerTool& tool : server->tools) {
      const std::string_view argument = policy.key_argument_of(server->server, tool.name);
      if (!argument.empty()) keys.emplace(server->server + "/" + tool.name, argument);
    }
  }
  return keys;
}

std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const policies::Policy> policy,
                                              std::shared_ptr<const tools::Catalog> catalog,
                                              std::shared_ptr<const tools::UpstreamSet> upstreams) {
  std::vector<policies::Effect> effects;
  effects.reserve(catalog->entries().size());
  for (const tools::CatalogEntry& entry : catalog->entries()) {
    effects.push_back(effect_of(*policy, *entry.owner, *entry.tool));
  }
  return std::make_shared<const Snapshot>(Snapshot{std::move(policy), std::move(catalog),
                                                   std::move(effects), std::move(upstreams)});
}

void CurrentSnapshot::set(Pointer snapshot) {
  const std::lock_guard one_change(order_);
  const Pointer after = snapshot;
  {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);
  }
  for (const Observer& observer : observers_) observer(snapshot, after);
}

CurrentSnapshot::Subscription CurrentSnapshot::subscribe(Observer observer) {
  const std::lock_guard one_change(order_);
  observers_.push_back(std::move(observer));
  return {*this, std::prev(observers_.end())};
}

void CurrentSnapshot::remove(std::list<Observer>::iterator place) {
  const std::lock_guard one_change(order_);
  observers_.erase(place);
}

}  // namespace gateway::pipeline
