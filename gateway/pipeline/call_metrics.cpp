#include "gateway/pipeline/call_metrics.h"

#include <algorithm>
#include <mutex>

namespace gateway::pipeline {
namespace {

// In CallMetrics::outcomes.
std::size_t place_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::answered:
      return outcome.error || outcome.tool_error() ? 1 : 0;
    case Outcome::Kind::refused:
      return 2;
    case Outcome::Kind::failed:
      return 3;
    case Outcome::Kind::unknown:
      return 4;
  }
  return 4;
}

void add(std::atomic<std::uint64_t>& count, std::uint64_t more) {
  count.fetch_add(more, std::memory_order_relaxed);
}

}  // namespace

void CallMetrics::count(std::string_view name, const Outcome& outcome,
                        std::chrono::microseconds taken) {
  Server& counted = server(name);
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), taken.count());
  add(counted.calls[place_of(outcome)], 1);
  add(counted.times[static_cast<std::size_t>(bound - bounds.begin())], 1);
  add(counted.micros, static_cast<std::uint64_t>(std::max<std::int64_t>(taken.count(), 0)));
}

CallMetrics::Server& CallMetrics::server(std::string_view name) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = servers_.find(name);
    if (found != servers_.end()) return found->second;
  }
  const std::unique_lock lock(mutex_);
  return servers_[servers_.size() < most_servers ? std::string(name) : "(others)"];
}

void CallMetrics::each(
    const std::function<void(const std::string& name, const Server& server)>& show) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [name, server] : servers_) show(name, server);
}

}  // namespace gateway::pipeline
