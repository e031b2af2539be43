#include "policies/ledger/redis_gathering.h"

#include <algorithm>

namespace policies::ledger {
namespace {

// Some of them are slow, or the last ones of their client.
constexpr std::size_t missing_share = 8;
// In round trips: calls that come back later lose more by waiting than they would by going alone.
constexpr int patience = 2;
constexpr std::chrono::milliseconds longest{5};
constexpr std::size_t most_skipped = 64;

}  // namespace

void RedisGathering::answered(std::size_t calls, std::size_t waiting, base::SteadyTime sent,
                              base::SteadyTime now) {
  enough_ = 0;
  if (calls == 0) return;
  if (skipped_ < in_vain_) {
    ++skipped_;
    return;
  }
  answered_ = calls;
  waited_ = waiting;
  enough_ = waiting + calls - calls / missing_share;
  until_ = now + std::min<Duration>(patience * (now - sent), longest);
}

RedisGathering::Duration RedisGathering::left(std::size_t waiting, base::SteadyTime now) const {
  if (waiting >= enough_ || now >= until_) return Duration::zero();
  return until_ - now;
}

void RedisGathering::sent(std::size_t waiting) {
  if (enough_ == 0) return;
  const bool was_in_vain = waiting < waited_ + (answered_ + 1) / 2;
  in_vain_ = was_in_vain ? std::min(2 * in_vain_ + 1, most_skipped) : 0;
  skipped_ = 0;
  enough_ = 0;
}

}  // namespace policies::ledger
