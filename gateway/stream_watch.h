#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/event_loops.h"
#include "base/log.h"
#include "gateway/authenticator.h"
#include "gateway/event_stream.h"

namespace gateway {

/// Ends the event streams of those who would not be authenticated any more: whose key was revoked
/// or has expired, or whose agent the policy has lost. It looks twice a second, at each key with
/// open streams and not at each stream: an idle one costs memory alone. Thread-safe.
class StreamWatch {
 public:
  static constexpr std::chrono::milliseconds period{500};

  /// All of it outlives this.
  StreamWatch(base::EventLoops& loops, const Authenticator& authenticator, base::Log& log);

  /// Begins to look, on every loop; at most once.
  void start();
  /// From now on, and until what it returns is dropped, on the stream's loop. `stream` lives until
  /// then.
  std::shared_ptr<void> add(base::Loop& loop, EventStream& stream,
                            const pipeline::Principal& principal);

 private:
  struct Order {  // the view makes no difference
    bool operator()(const pipeline::Principal& a, const pipeline::Principal& b) const;
  };
  using Streams = std::map<pipeline::Principal, std::unordered_set<EventStream*>, Order>;
  class Entry;

  base::Task<void> look(base::Loop& loop);
  /// Whether its streams had to end.
  bool end_unknown(const Streams::value_type& group) const;

  base::EventLoops& loops_;
  const Authenticator& authenticator_;
  base::Log& log_;
  std::vector<Streams> open_;  // by loop, each of its loop alone
};

}  // namespace gateway
