#include "gateway/list_changes.h"

#include <asio/post.hpp>

#include "gateway/visible_list.h"
#include "mcp/notifications.h"

namespace gateway {
namespace {

// A burst of changes, such as servers that come up one after the other, is one change.
constexpr std::chrono::milliseconds burst{100};
// After so many streams others on the loop get their turn.
constexpr std::size_t streams_per_turn = 64;

std::string session_key(const pipeline::Principal& owner, const std::string& session) {
  return owner.tenant + '\n' + owner.agent + '\n' + session;  // names hold no line ends
}

}  // namespace

ListChanges::Messages ListChanges::messages(const base::Json& params) {
  return {mcp::notification_text(mcp::notice::tools_changed, params),
          mcp::notification_text(mcp::notice::prompts_changed, params),
          mcp::notification_text(mcp::notice::resources_changed, params)};
}

auto ListChanges::seen_by(const pipeline::Snapshot& snapshot, const Listener& listener) -> Seen {
  const auto see = [&](ListKind kind) {
    return fingerprint(VisibleList(snapshot, {listener.agent, listener.view}, kind));
  };
  return {see(ListKind::tools), see(ListKind::prompts),
          see(ListKind::resources) * 31 + see(ListKind::templates)};
}

ListChanges::Subscription::~Subscription() { owner_.drop(*this); }

ListChanges::ListChanges(base::EventLoops& loops, pipeline::CurrentSnapshot& snapshot,
                         const base::Limits& limits)
    : loops_(loops), snapshot_(snapshot), limits_(limits), states_(loops.size()) {
  observing_ = snapshot_.subscribe([this](const auto&, const auto&) {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      asio::post(loops_.at(i).io(), [this, i] { schedule(i); });
    }
  });
}

std::shared_ptr<ListChanges::Subscription> ListChanges::subscribe(base::Loop& loop,
                                                                  EventStream& stream,
                                                                  const pipeline::Principal& owner,
                                                                  Messages messages) {
  const Listener listener{owner.tenant, owner.agent, owner.view};
  if (!take_room(listener)) return nullptr;
  std::shared_ptr<Subscription> subscription(new Subscription(*this, loop, stream));
  subscription->listener_ = listener;
  subscription->messages_ = std::move(messages);
  const auto [found, is_new] = states_[loop.index()].groups.try_emplace(listener);
  if (is_new) found->second.seen = seen_by(*snapshot_.get(), listener);
  found->second.members.insert(subscription.get());
  return subscription;
}

std::shared_ptr<ListChanges::Subscription> ListChanges::subscribe_session(
    base::Loop& loop, EventStream& stream, const pipeline::Principal& owner,
    const std::string& session) {
  auto subscription = subscribe(loop, stream, owner, messages(base::Json()));
  if (!subscription) return nullptr;
  subscription->session_ = session_key(owner, session);
  std::function<void()> end_other;
  {
    const std::lock_guard lock(mutex_);
    subscription->number_ = ++last_number_;
    SessionStream& current = by_session_[subscription->session_];
    end_other = std::exchange(current.end, stream.ender());
    current.number = subscription->number_;
  }
  if (end_other) end_other();
  return subscription;
}

void ListChanges::end_session(const pipeline::Principal& owner, const std::string& session) {
  std::function<void()> end;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_session_.find(session_key(owner, session));
    if (found != by_session_.end()) end = found->second.end;
  }
  if (end) end();
}

void ListChanges::end_all() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    asio::post(loops_.at(i).io(), [this, i] {
      for (const auto& [listener, group] : states_[i].groups) end(group);
    });
  }
}

bool ListChanges::take_room(const Listener& listener) {
  const std::lock_guard lock(mutex_);
  // Agents of the policy: as many as it names.
  std::size_t& of_agent = open_of_[{listener.tenant, listener.agent}];
  if (open_ >= limits_.streams || of_agent >= limits_.streams_per_agent) return false;
  ++open_;
  ++of_agent;
  return true;
}

void ListChanges::drop(Subscription& subscription) {
  auto& groups = states_[subscription.loop_.index()].groups;
  const auto group = groups.find(subscription.listener_);
  group->second.members.erase(&subscription);
  if (group->second.members.empty()) groups.erase(group);
  const std::lock_guard lock(mutex_);
  --open_;
  --open_of_[{subscription.listener_.tenant, subscription.listener_.agent}];
  const auto stream = by_session_.find(subscription.session_);
  if (stream != by_session_.end() && stream->second.number == subscription.number_) {
    by_session_.erase(stream);
  }
}

void ListChanges::end(const Group& group) {
  for (Subscription* member : group.members) member->stream_.end();
}

void ListChanges::schedule(std::size_t loop) {
  if (!std::exchange(states_[loop].scheduled, true)) loops_.at(loop).spawn(announce(loop));
}

base::Task<void> ListChanges::announce(std::size_t index) {
  base::Loop& loop = loops_.at(index);
  LoopState& state = states_[index];
  if (!co_await loop.sleep(burst)) co_return;
  state.scheduled = false;
  const auto snapshot = snapshot_.get();
  std::vector<Listener> listeners;
  for (const auto& [listener, group] : state.groups) listeners.push_back(listener);
  for (const Listener& listener : listeners) {
    const auto group = state.groups.find(listener);
    if (group == state.groups.end()) continue;
    // Who is not known any more is told nothing: StreamWatch ends the streams.
    if (snapshot->policy->find_agent(listener.agent) == nullptr) continue;
    const Seen seen = seen_by(*snapshot, listener);
    const Seen before = std::exchange(group->second.seen, seen);
    for (std::size_t i = 0; i < lists; ++i) {
      if (before[i] == seen[i]) continue;
      co_await tell(loop, listener, i);
    }
    co_await asio::post(loop.executor(), base::use_task);
  }
}

// Streams come and go between the turns: each is looked up before it is used.
base::Task<void> ListChanges::tell(base::Loop& loop, const Listener& listener, std::size_t list) {
  auto& groups = states_[loop.index()].groups;
  const auto listening = groups.find(listener);
  if (listening == groups.end()) co_return;
  const auto& now = listening->second.members;
  const std::vector<Subscription*> members(now.begin(), now.end());
  std::size_t told = 0;
  for (Subscription* member : members) {
    const auto group = groups.find(listener);
    if (group == groups.end()) co_return;
    if (!group->second.members.contains(member)) continue;
    const std::string& message = member->messages_[list];
    if (!message.empty()) member->stream_.send(message);
    if (++told % streams_per_turn == 0) co_await asio::post(loop.executor(), base::use_task);
  }
}

}  // namespace gateway
