#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/task.h"
#include "runtime/conversation.h"

namespace runtime {

/// Short-term context: the conversations of runs, kept at hand for a while after they were last
/// used. It is a cache and never the truth: what it does not have is read from the journal.
/// Thread-safe.
class ContextCache {
 public:
  explicit ContextCache(std::size_t most_bytes = 64 << 20) : most_bytes_(most_bytes) {}

  /// Keeps it until `expires`; nullopt when it is not there or its time is over.
  std::optional<Conversation> find(const std::string& run, base::SteadyTime now,
                                   base::SteadyTime expires);
  /// Keeps it until `expires`. When there is no room, those that expire first go.
  void put(const std::string& run, Conversation conversation, base::SteadyTime expires);
  /// Adds what has happened, if the conversation is there, and keeps it until `expires`.
  void apply(const std::string& run, const Event& event, base::SteadyTime now,
             base::SteadyTime expires);
  void forget(const std::string& run);
  std::size_t bytes() const;

 private:
  struct Entry {
    Conversation conversation;
    std::size_t bytes = 0;
    base::SteadyTime expires;
  };
  using Entries = std::map<std::string, Entry>;
  Entries::iterator find_alive(const std::string& run, base::SteadyTime now);
  void insert(const std::string& run, Conversation conversation, base::SteadyTime expires);
  void erase(Entries::iterator entry);

  const std::size_t most_bytes_;
  mutable std::mutex mutex_;  // guards what follows
  Entries entries_;
  std::multimap<base::SteadyTime, std::string> by_expiry_;
  std::size_t bytes_ = 0;
};

}  // namespace runtime
