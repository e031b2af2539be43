#include "policies/approvals/redis_waiting.h"

namespace policies::approvals {
namespace {

constexpr std::chrono::milliseconds ask_every{250};

}  // namespace

RedisWaiting::Place::Place(RedisWaiting& waiting, std::string tenant, std::string id,
                           std::shared_ptr<RedisAlarm> alarm)
    : waiting_(waiting), tenant_(std::move(tenant)), id_(std::move(id)), alarm_(std::move(alarm)) {
  waiting_.feeds_[tenant_].alarms.emplace(id_, alarm_);
}

RedisWaiting::Place::~Place() {
  auto& alarms = waiting_.feeds_[tenant_].alarms;
  auto [at, last] = alarms.equal_range(id_);
  while (at != last && at->second != alarm_) ++at;
  if (at != last) alarms.erase(at);
}

void RedisWaiting::follow(const std::string& tenant, WallTime now) {
  if (std::exchange(feeds_[tenant].followed, true)) return;
  // Entries of the stream begin with Redis's time in milliseconds.
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  store_.loop().spawn(keep_asking(tenant, std::to_string(at.count() - 1)));
}

base::Task<void> RedisWaiting::keep_asking(std::string tenant, std::string since) {
  while (co_await store_.loop().sleep(ask_every)) {
    if (feeds_[tenant].alarms.empty()) break;
    const auto changes = co_await store_.changes(tenant, since);
    if (!changes) continue;
    since = changes->last;
    const auto& alarms = feeds_[tenant].alarms;
    for (const std::string& id : changes->ids) {
      const auto [first, last] = alarms.equal_range(id);
      for (auto found = first; found != last; ++found) found->second->ring();
    }
  }
  feeds_.erase(tenant);
}

void RedisWaiting::ring_all() {
  for (const auto& [tenant, feed] : feeds_) {
    for (const auto& [id, alarm] : feed.alarms) alarm->ring();
  }
}

}  // namespace policies::approvals
