#include "runtime/context_cache.h"

#include <utility>

namespace runtime {

std::optional<Conversation> ContextCache::find(const std::string& run, base::SteadyTime now,
                                               base::SteadyTime expires) {
  const std::lock_guard lock(mutex_);
  const auto found = find_alive(run, now);
  if (found == entries_.end()) return std::nullopt;
  Conversation conversation = std::move(found->second.conversation);
  erase(found);
  insert(run, conversation, expires);
  return conversation;
}

void ContextCache::put(const std::string& run, Conversation conversation,
                       base::SteadyTime expires) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(run); found != entries_.end()) erase(found);
  insert(run, std::move(conversation), expires);
}

void ContextCache::apply(const std::string& run, const Event& event, base::SteadyTime now,
                         base::SteadyTime expires) {
  const std::lock_guard lock(mutex_);
  const auto found = find_alive(run, now);
  if (found == entries_.end()) return;
  Conversation conversation = std::move(found->second.conversation);
  erase(found);
  conversation.apply(event);
  insert(run, std::move(conversation), expires);
}

void ContextCache::forget(const std::string& run) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(run); found != entries_.end()) erase(found);
}

std::size_t ContextCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

auto ContextCache::find_alive(const std::string& run, base::SteadyTime now) -> Entries::iterator {
  const auto found = entries_.find(run);
  if (found == entries_.end() || now < found->second.expires) return found;
  erase(found);
  return entries_.end();
}

void ContextCache::insert(const std::string& run, Conversation conversation,
                          base::SteadyTime expires) {
  const std::size_t bytes = conversation.bytes();
  if (bytes > most_bytes_) return;
  while (bytes_ + bytes > most_bytes_) erase(entries_.find(by_expiry_.begin()->second));
  entries_.emplace(run, Entry{std::move(conversation), bytes, expires});
  by_expiry_.emplace(expires, run);
  bytes_ += bytes;
}

void ContextCache::erase(Entries::iterator entry) {
  const auto [first, last] = by_expiry_.equal_range(entry->second.expires);
  for (auto at = first; at != last; ++at) {
    if (at->second != entry->first) continue;
    by_expiry_.erase(at);
    break;
  }
  bytes_ -= entry->second.bytes;
  entries_.erase(entry);
}

}  // namespace runtime
