#include "tools/upstreams.h"

#include <algorithm>

namespace tools {

Upstreams::Upstreams(std::vector<UpstreamSettings> settings, base::EventLoops& loops,
                     const base::Limits& limits, base::Log& log,
                     const std::function<void()>& on_change)
    : keeper_(loops.at(0)) {
  const Upstream::Dependencies dependencies{loops, limits, keeper_, log};
  for (UpstreamSettings& one : settings) {
    upstreams_.push_back(std::make_unique<Upstream>(std::move(one), dependencies, on_change));
  }
}

void Upstreams::start() {
  for (const auto& upstream : upstreams_) upstream->start();
}

Upstream* Upstreams::find(std::string_view name) const {
  const auto found = std::find_if(upstreams_.begin(), upstreams_.end(),
                                  [&](const auto& upstream) { return upstream->name() == name; });
  return found == upstreams_.end() ? nullptr : found->get();
}

bool Upstreams::were_asked() const {
  return std::all_of(upstreams_.begin(), upstreams_.end(),
                     [](const auto& upstream) { return upstream->was_asked(); });
}

std::vector<std::shared_ptr<const ServerTools>> Upstreams::tools() const {
  std::vector<std::shared_ptr<const ServerTools>> all;
  for (const auto& upstream : upstreams_) {
    if (auto tools = upstream->tools()) all.push_back(std::move(tools));
  }
  return all;
}

}  // namespace tools
