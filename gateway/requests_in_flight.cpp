#include "gateway/requests_in_flight.h"

#include <utility>
#include <vector>

namespace gateway {
namespace {

// The parts cannot run into each other: names and session ids hold no line ends, and the id, which
// may, comes last. 1 and "1" differ.
std::string key_of(const pipeline::Principal& owner, std::string_view session, const mcp::Id& id) {
  std::string key;
  key.append(owner.tenant).push_back('\n');
  key.append(owner.agent).push_back('\n');
  key.append(session).push_back('\n');
  key.append(base::dump_json(mcp::to_json(id)));
  return key;
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

void RequestsInFlight::remove(Table::iterator place) {
  const std::lock_guard lock(mutex_);
  table_.erase(place);
}

}  // namespace gateway
