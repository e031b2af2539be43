#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/event_loops.h"
#include "base/limits.h"
#include "gateway/event_stream.h"
#include "gateway/pipeline/principal.h"
#include "gateway/pipeline/snapshot.h"

namespace gateway {

/// Tells clients that keep a stream open when the tools, prompts or resources that their agent can
/// see have changed: by catalog or policy, compared as the lists would show them. What changes at
/// once is told once.
/// An idle stream costs memory alone. Bounded, of all agents and of each. Thread-safe.
class ListChanges {
 public:
  /// What is told of, in this order: tools, prompts, and resources with their templates.
  static constexpr std::size_t lists = 3;
  /// What is sent when each of them has changed; "" when nothing is.
  using Messages = std::array<std::string, lists>;
  /// The notifications of each, with these `params`.
  static Messages messages(const base::Json& params);

  /// Whose lists: what an agent can see through a view, or through none.
  struct Listener {
    std::string tenant, agent, view;
    auto operator<=>(const Listener&) const = default;
  };

  /// One stream. Dropped before its EventStream, and on its loop.
  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    friend class ListChanges;
    Subscription(ListChanges& owner, base::Loop& loop, EventStream& stream)
        : owner_(owner), loop_(loop), stream_(stream) {}

    ListChanges& owner_;
    base::Loop& loop_;
    EventStream& stream_;
    Listener listener_;
    Messages messages_;
    std::string session_;       // key of the session, or ""
    std::uint64_t number_ = 0;  // of the session's stream
  };

  /// `snapshot` and the loops outlive it.
  ListChanges(base::EventLoops& loops, pipeline::CurrentSnapshot& snapshot,
              const base::Limits& limits);

  /// `messages` are sent on `stream`, which lives on `loop`, for as long as the subscription is
  /// kept. nullptr: there are too many streams already.
  std::shared_ptr<Subscription> subscribe(base::Loop& loop, EventStream& stream,
                                          const pipeline::Principal& owner, Messages messages);
  /// The same for the stream of a legacy session. A session has one: the newest takes the place of
  /// the one before (2025-11-25, transports: no message goes to two streams).
  std::shared_ptr<Subscription> subscribe_session(base::Loop& loop, EventStream& stream,
                                                  const pipeline::Principal& owner,
                                                  const std::string& session);
  /// Ends the stream of a session that was closed.
  void end_session(const pipeline::Principal& owner, const std::string& session);

  /// Ends all streams.
  void end_all();

 private:
  using Seen = std::array<std::size_t, lists>;  // fingerprints of what is visible
  struct Group {                                // the streams of one listener on one loop
    Seen seen{};
    std::unordered_set<Subscription*> members;
  };
  struct LoopState {  // of its loop alone
    std::map<Listener, Group> groups;
    bool scheduled = false;
  };
  struct SessionStream {
    std::uint64_t number;
    std::function<void()> end;
  };

  bool take_room(const Listener& listener);
  void drop(Subscription& subscription);
  static void end(const Group& group);
  void schedule(std::size_t loop);
  base::Task<void> announce(std::size_t loop);
  static Seen seen_by(const pipeline::Snapshot& snapshot, const Listener& listener);
  base::Task<void> tell(base::Loop& loop, const Listener& listener, std::size_t list);

  base::EventLoops& loops_;
  pipeline::CurrentSnapshot& snapshot_;
  const base::Limits& limits_;
  std::vector<LoopState> states_;  // by loop

  std::mutex mutex_;  // guards what follows
  std::size_t open_ = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> open_of_;  // by tenant and agent
  std::unordered_map<std::string, SessionStream> by_session_;
  std::uint64_t last_number_ = 0;

  pipeline::CurrentSnapshot::Subscription observing_;  // last: nothing changes under its feet
};

}  // namespace gateway
