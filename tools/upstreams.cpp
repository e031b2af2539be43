#include "tools/upstreams.h"

#include <algorithm>
#include <utility>

namespace tools {

Upstream* UpstreamSet::find(std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Handle& upstream) {
    return upstream->name() == name;
  });
  return found == all_.end() ? nullptr : found->get();
}

std::vector<std::shared_ptr<const ServerTools>> UpstreamSet::tools() const {
  std::vector<std::shared_ptr<const ServerTools>> offered;
  for (const Handle& upstream : all_) {
    if (auto tools = upstream->tools()) offered.push_back(std::move(tools));
  }
  return offered;
}

bool UpstreamSet::were_asked() const {
  return std::all_of(all_.begin(), all_.end(),
                     [](const Handle& upstream) { return upstream->was_asked(); });
}

Upstreams::Upstreams(std::vector<UpstreamSettings> settings, base::EventLoops& loops,
                     const base::Limits& limits, base::Log& log, std::function<void()> on_change)
    : home_(loops.at(0)),
      keeper_(home_),
      dependencies_{loops, limits, keeper_, log, workshop_},
      on_change_(std::move(on_change)) {
  replace(std::move(settings));
}

void Upstreams::start() {
  const std::lock_guard lock(mutex_);
  started_ = true;
  for (const Entry& entry : entries_) entry.serving->start();
}

void Upstreams::replace(std::vector<UpstreamSettings> settings) {
  std::vector<Entry> former;  // freed outside of the lock
  std::vector<UpstreamSet::Handle> made;
  const std::lock_guard lock(mutex_);
  std::vector<Entry> wanted;
  for (UpstreamSettings& one : settings) wanted.push_back(entry_for(std::move(one), made));
  former = std::exchange(entries_, std::move(wanted));
  for (const Entry& entry : former) {
    const bool stays = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& kept) {
      return kept.serving == entry.serving;
    });
    if (!stays) leave(entry.serving);
  }
  build_set();
  if (!started_) return;
  for (const UpstreamSet::Handle& upstream : made) upstream->start();
  const bool takes_over = std::any_of(entries_.begin(), entries_.end(),
                                      [](const Entry& entry) { return entry.successor != nullptr; });
  if (takes_over) home_.spawn(take_over_later());
}

auto Upstreams::entry_for(UpstreamSettings settings, std::vector<UpstreamSet::Handle>& made)
    -> Entry {
  Entry entry;
  for (const Entry& known : entries_) {
    if (known.serving->name() != settings.name) continue;
    if (known.serving->settings() == settings) return {known.serving, nullptr};
    if (known.successor && known.successor->settings() == settings) return known;
    entry.serving = known.serving;
  }
  auto upstream = Upstream::make(std::move(settings), dependencies_, [this] { note_change(); });
  made.push_back(upstream);
  (entry.serving ? entry.successor : entry.serving) = std::move(upstream);
  return entry;
}

void Upstreams::note_change() {
  take_over(false);
  on_change_();
}

// Whether any did.
bool Upstreams::take_over(bool at_once) {
  const std::lock_guard lock(mutex_);
  bool changed = false;
  for (Entry& entry : entries_) {
    if (!entry.successor || !(at_once || entry.successor->settled())) continue;
    leave(entry.serving);
    entry.serving = std::exchange(entry.successor, nullptr);
    changed = true;
  }
  if (changed) build_set();
  return changed;
}

void Upstreams::build_set() {
  std::vector<UpstreamSet::Handle> all;
  for (const Entry& entry : entries_) all.push_back(entry.serving);
  set_ = std::make_shared<const UpstreamSet>(std::move(all));
}

void Upstreams::leave(const UpstreamSet::Handle& upstream) {
  std::erase_if(leaving_, [](const auto& gone) { return gone.expired(); });
  upstream->stop_listening();
  leaving_.emplace_back(upstream);
  home_.spawn(end_when_idle(upstream));
}

base::Task<void> Upstreams::take_over_later() {
  const bool goes_on = co_await home_.sleep(takeover);
  if (!goes_on) co_return;
  const bool changed = take_over(true);
  if (changed) on_change_();
}

// Snapshots that hold it may be held for as long as the longest call takes, to whatever server.
base::Task<void> Upstreams::end_when_idle(std::weak_ptr<Upstream> gone) {
  while (co_await home_.sleep(idle_check)) {
    const auto upstream = gone.lock();
    if (!upstream) co_return;
    if (upstream->uses() > 0) continue;
    upstream->end();
    co_return;
  }
}

void Upstreams::drain() {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    entry.serving->stop_listening();
    if (entry.successor) entry.successor->stop_listening();
  }
}

std::shared_ptr<const UpstreamSet> Upstreams::current() const {
  const std::lock_guard lock(mutex_);
  return set_;
}

std::vector<UpstreamSet::Handle> Upstreams::leaving() const {
  const std::lock_guard lock(mutex_);
  std::vector<UpstreamSet::Handle> busy;
  for (const auto& gone : leaving_) {
    auto upstream = gone.lock();
    if (upstream && upstream->uses() > 0) busy.push_back(std::move(upstream));
  }
  return busy;
}

}  // namespace tools
