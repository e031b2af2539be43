#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/result.h"
#include "runtime/conversation.h"

namespace runtime {

/// The seam to short-term context: the conversations of runs, kept at hand for a while after they
/// were last used. It is a cache and never the truth: what it does not have is read from the
/// journal. What is done for one run is done on one loop.
class Contexts {
 public:
  virtual ~Contexts() = default;

  /// The conversation of a run that has had so many events that tell something, kept for longer;
  /// nullopt: it is not there, or is not made of all of them. Code::unavailable: the store does not
  /// answer.
  virtual base::Task<base::Result<std::optional<Conversation>>> find(
      base::Loop& loop, std::string run, std::int64_t events, std::chrono::milliseconds ttl) = 0;
  /// Keeps what all these events of a run tell, instead of what it has.
  virtual void put(base::Loop& loop, const std::string& run, const std::vector<Event>& events,
                   std::chrono::milliseconds ttl) = 0;
  /// Adds what has happened, if the conversation is there, and keeps it for longer.
  virtual void add(base::Loop& loop, const std::string& run, const Event& event,
                   std::chrono::milliseconds ttl) = 0;
  virtual void forget(base::Loop& loop, const std::string& run) = 0;
  /// Whether the store answers: Code::unavailable when it does not.
  virtual base::Task<base::Status> reach(base::Loop& loop) = 0;
};

}  // namespace runtime
