#include "gateway/pipeline/snapshot.h"

namespace gateway::pipeline {

std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const policies::Policy> policy,
                                              std::shared_ptr<const tools::Catalog> catalog) {
  std::vector<policies::Effect> effects;
  effects.reserve(catalog->entries().size());
  for (const tools::CatalogEntry& entry : catalog->entries()) {
    const bool hinted = entry.owner->trusted && entry.tool->read_only_hint;
    const auto by_default = hinted ? policies::Effect::read_only : policies::Effect::non_idempotent;
    effects.push_back(policy->effect_of(entry.server(), entry.tool->name).value_or(by_default));
  }
  return std::make_shared<const Snapshot>(
      Snapshot{std::move(policy), std::move(catalog), std::move(effects)});
}

}  // namespace gateway::pipeline
