#include "gateway/requests_in_flight.h"

#include <utility>
#include <vector>

namespace gateway {
namespace {

// The parts cannot run into each other: names and session ids hold no line ends, and the id, which
// may, comes last.
std::string session_key(const pipeline::Principal& owner, std::string_view session) {
  std::string key;
  key.append(owner.tenant).push_back('\n');
  key.append(owner.agent).push_back('\n');
  key.append(session).push_back('\n');
  return key;
}

// 1 and "1" differ.
std::string key_of(const pipeline::Principal& owner, std::string_view session, const mcp::Id& id) {
  return session_key(owner, session) + base::dump_json(mcp::to_json(id));
}

}  // namespace

RequestsInFlight::Entry RequestsInFlight::add(const pipeline::Principal& owner,
                                              std::string_view session, const mcp::Id& id,
                                              std::function<void()> cancel) {
  std::string key = key_of(owner, session, id);
  const std::lock_guard lock(mutex_);
  return {*this, table_.emplace(std::move(key), std::move(cancel))};
}

void RequestsInFlight::cancel(const pipeline::Principal& owner, std::string_view session,
                              const mcp::Id& id) {
  const std::string key = key_of(owner, session, id);
  std::vector<std::function<void()>> found;
  {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = table_.equal_range(key);
    for (auto entry = first; entry != last; ++entry) found.push_back(entry->second);
  }
  for (const auto& cancel : found) cancel();
}

void RequestsInFlight::cancel_all(const pipeline::Principal& owner, std::string_view session) {
  const std::string prefix = session_key(owner, session);
  std::vector<std::function<void()>> found;
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = table_.lower_bound(prefix);
         entry != table_.end() && entry->first.starts_with(prefix); ++entry) {
      found.push_back(entry->second);
    }
  }
  for (const auto& cancel : found) cancel();
}

void RequestsInFlight::remove(Table::iterator place) {
  const std::lock_guard lock(mutex_);
  table_.erase(place);
}

}  // namespace gateway
