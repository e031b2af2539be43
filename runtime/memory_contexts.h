#pragma once

#include "runtime/context_cache.h"
#include "runtime/contexts.h"

namespace runtime {

/// Short-term context in the memory of this process. Thread-safe.
class MemoryContexts final : public Contexts {
 public:
  base::Task<base::Result<std::optional<Conversation>>> find(
      base::Loop& loop, std::string run, std::int64_t events,
      std::chrono::milliseconds ttl) override;
  void put(base::Loop& loop, const std::string& run, const std::vector<Event>& events,
           std::chrono::milliseconds ttl) override;
  void add(base::Loop& loop, const std::string& run, const Event& event,
           std::chrono::milliseconds ttl) override;
  void forget(base::Loop& loop, const std::string& run) override;
  base::Task<base::Status> reach(base::Loop& loop) override;

 private:
  ContextCache cache_;
};

}  // namespace runtime
