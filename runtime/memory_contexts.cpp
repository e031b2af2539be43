#include "runtime/memory_contexts.h"

#include <utility>

namespace runtime {

using std::chrono::steady_clock;

base::Task<base::Result<std::optional<Conversation>>> MemoryContexts::find(
    base::Loop&, std::string run, std::int64_t events, std::chrono::milliseconds ttl) {
  const auto now = steady_clock::now();
  auto kept = cache_.find(run, now, now + ttl);
  if (kept && kept->heard() != events) kept.reset();
  co_return kept;
}

void MemoryContexts::put(base::Loop&, const std::string& run, const std::vector<Event>& events,
                         std::chrono::milliseconds ttl) {
  Conversation conversation;
  for (const Event& event : events) conversation.apply(event);
  cache_.put(run, std::move(conversation), steady_clock::now() + ttl);
}

void MemoryContexts::add(base::Loop&, const std::string& run, const Event& event,
                         std::chrono::milliseconds ttl) {
  if (!tells(event.what)) return;
  const auto now = steady_clock::now();
  cache_.apply(run, event, now, now + ttl);
}

void MemoryContexts::forget(base::Loop&, const std::string& run) { cache_.forget(run); }

base::Task<base::Status> MemoryContexts::reach(base::Loop&) { co_return base::Status(); }

}  // namespace runtime
