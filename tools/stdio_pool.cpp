#include "tools/stdio_pool.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/await_callback.h"

namespace tools {

using base::Code;
using base::Error;
using base::Result;
using base::SteadyTime;

namespace {

using Tell = std::function<void(StdioStarter::Started)>;

// Told once: by the start, or by whoever no longer waits for it.
Tell once(Tell tell) {
  return [told = std::make_shared<std::atomic<bool>>(false),
          tell = std::move(tell)](StdioStarter::Started started) {
    if (!told->exchange(true)) tell(std::move(started));
  };
}

}  // namespace

base::Task<StdioStarter::Started> StdioPool::of(std::string owner,
                                                base::Cancellation* cancellation) {
  const Error cancelled{Code::unavailable, "the call was cancelled", {}};
  if (cancellation != nullptr && cancellation->requested()) co_return cancelled;
  std::optional<base::CancellationScope> scope;
  std::function<void(Waiter)> begin = [&](Waiter waiter) {
    const Waiter tell = once(std::move(waiter));
    scope.emplace(cancellation, [tell, cancelled] { tell(cancelled); });
    ask(owner, tell);
  };
  co_return co_await base::await_callback<StdioStarter::Started>(std::move(begin));
}

void StdioPool::ask(const std::string& owner, Waiter waiter) {
  const SteadyTime now = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  auto found = slot_of(owner, now);
  if (!found) {
    lock.unlock();
    return waiter(found.error());
  }
  const SlotPointer slot = *found;
  slot->used = now;
  if (slot->instance) {
    auto instance = slot->instance;
    lock.unlock();
    return waiter(std::move(instance));
  }
  slot->waiters.push_back(std::move(waiter));
  const bool starting = std::exchange(slot->starting, true);
  lock.unlock();
  if (!starting) home_.spawn(start(slot, anchor_()));  // on its own loop this runs at once
}

Result<StdioPool::SlotPointer> StdioPool::slot_of(const std::string& owner, SteadyTime now) {
  const auto found = slots_.find(owner);
  if (found == slots_.end()) {
    if (slots_.size() >= limits_.instances && !make_room()) {
      return Error{Code::unavailable,
                   "all its " + std::to_string(limits_.instances) + " instances are busy",
                   {}};
    }
    return slots_[owner] = std::make_shared<Slot>();
  }
  const Slot& slot = *found->second;
  if (slot.instance || slot.starting) return found->second;
  if (slot.policy.is_crash_loop()) {
    return Error{Code::unavailable,
                 "it ended " + std::to_string(RestartPolicy::crash_loop) +
                     " times within 5 minutes and is no longer started; last: " + slot.why,
                 {}};
  }
  if (now < slot.not_before) return Error{Code::unavailable, slot.why, {}};
  return found->second;
}

// With the mutex held: ends the one that was idle for the longest time.
bool StdioPool::make_room() {
  auto oldest = slots_.end();
  for (auto entry = slots_.begin(); entry != slots_.end(); ++entry) {
    if (!entry->second->is_idle()) continue;
    if (oldest == slots_.end() || entry->second->used < oldest->second->used) oldest = entry;
  }
  if (oldest == slots_.end()) return false;
  drop(oldest->second, "it made room for another");
  slots_.erase(oldest);
  return true;
}

base::Task<void> StdioPool::start(SlotPointer slot, Anchor alive) {
  StdioStarter::OnEnd on_end = [this, alive, slot](const std::string& reason) { note_end(slot, reason); };
  auto started = co_await start_(std::move(on_end));
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    slot->starting = false;
    waiters.swap(slot->waiters);
    const auto now = std::chrono::steady_clock::now();
    slot->used = now;
    if (started && slot->dropped) {
      (*started)->channel->close("it was restarted");
      started = Error{Code::unavailable, "it was restarted", {}};
    } else if (started) {
      slot->instance = *started;
    } else {
      slot->not_before = now + slot->policy.failed(now);
      slot->why = started.error().message;
    }
  }
  for (const Waiter& waiter : waiters) waiter(started);
}

void StdioPool::note_end(const SlotPointer& slot, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (slot->dropped || !slot->instance) return;
  const auto now = std::chrono::steady_clock::now();
  slot->policy.lived(slot->instance->started, now);
  slot->not_before = now + slot->policy.failed(now);
  slot->why = reason;
  slot->instance.reset();
}

void StdioPool::drop(const SlotPointer& slot, const char* reason) {
  slot->dropped = true;
  if (slot->instance) slot->instance->channel->close(reason);
  slot->instance.reset();
}

void StdioPool::tend(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(slots_, [&](const auto& entry) {
    const SlotPointer& slot = entry.second;
    if (!slot->is_idle() || now - slot->used <= limits_.instance_idle.get()) return false;
    drop(slot, "it was idle");
    return true;
  });
}

void StdioPool::end_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [owner, slot] : slots_) drop(slot, "it was restarted");
  slots_.clear();
}

std::size_t StdioPool::size() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(),
                    [](const auto& entry) { return entry.second->instance != nullptr; }));
}

}  // namespace tools
