#include "base/watchdog.h"

#include <utility>

namespace base {

void Watchdog::fire(SteadyTime now) {
  // By index: an expiry handler may register or drop deadlines.
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].at > now || slots_[i].owner == nullptr) continue;
    slots_[i].at = SteadyTime::max();
    slots_[i].owner->expired_ = true;
    slots_[i].owner->on_expiry_();
  }
}

Deadline::Deadline(Watchdog& watchdog, std::function<void()> on_expiry)
    : watchdog_(watchdog), on_expiry_(std::move(on_expiry)) {
  if (watchdog_.free_.empty()) {
    slot_ = watchdog_.slots_.size();
    watchdog_.slots_.push_back({SteadyTime::max(), this});
  } else {
    slot_ = watchdog_.free_.back();
    watchdog_.free_.pop_back();
    watchdog_.slots_[slot_] = {SteadyTime::max(), this};
  }
}

Deadline::~Deadline() {
  watchdog_.slots_[slot_] = {SteadyTime::max(), nullptr};
  watchdog_.free_.push_back(slot_);
}

}  // namespace base
