#include "runtime/event_feed.h"

#include <utility>

#include "base/await_callback.h"

namespace runtime {
namespace {

using Done = std::function<void(bool)>;

/// Somebody who waits, told once: by the feed or by the clock.
struct Bell {
  std::mutex mutex;
  Done done;
  bool rung = false;

  void ring() {
    Done call;
    {
      const std::lock_guard lock(mutex);
      rung = true;
      call = std::exchange(done, nullptr);
    }
    if (call) call(true);
  }
  void arm(Done call) {
    {
      const std::lock_guard lock(mutex);
      if (!rung) done = std::exchange(call, nullptr);
    }
    if (call) call(true);
  }
};

}  // namespace

std::uint64_t EventFeed::version(const std::string& run) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(run);
  return found == entries_.end() ? 0 : found->second.version;
}

base::Task<void> EventFeed::changed(base::Loop& loop, std::string run, std::uint64_t seen,
                                    base::SteadyTime until) {
  const auto bell = std::make_shared<Bell>();
  const auto waiter = std::make_shared<std::function<void()>>([bell] { bell->ring(); });
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[run];
    if (entry.version != seen) co_return;
    entry.waiters.push_back(waiter);
  }
  base::Deadline deadline(loop.watchdog(), [bell] { bell->ring(); });
  deadline.set(until);
  // Named: g++ 12 destroys such a lambda twice when it is a temporary of a co_await.
  std::function<void(Done)> wait = [bell](Done done) { bell->arm(std::move(done)); };
  co_await base::await_callback<bool>(std::move(wait));
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(run);
  if (found == entries_.end()) co_return;
  found->second.waiters.remove(waiter);
  if (found->second.waiters.empty() && found->second.version == 0) entries_.erase(found);
}

void EventFeed::notify(const std::string& run) {
  std::list<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[run];
    ++entry.version;
    waiters.swap(entry.waiters);
  }
  wake(std::move(waiters));
}

void EventFeed::wake_all() {
  std::list<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [run, entry] : entries_) waiters.splice(waiters.end(), entry.waiters);
  }
  wake(std::move(waiters));
}

void EventFeed::close(const std::string& run) {
  std::list<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(run);
    if (found == entries_.end()) return;
    waiters.swap(found->second.waiters);
    entries_.erase(found);
  }
  wake(std::move(waiters));
}

void EventFeed::wake(std::list<Waiter> waiters) {
  for (const Waiter& waiter : waiters) (*waiter)();
}

}  // namespace runtime
