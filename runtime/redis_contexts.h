#pragma once

#include <memory>
#include <vector>

#include "base/redis_connection.h"
#include "runtime/contexts.h"
#include "runtime/run_record.h"

namespace runtime {

/// Short-term context in Redis, under a TTL: for each run one string, a line for each event that
/// tells something, sealed as in the journal. Whatever Redis loses, or never got, shows in the
/// number of lines, and is put together again from the journal.
class RedisContexts final : public Contexts {
 public:
  /// A longer conversation is put together from the journal for every question.
  static constexpr std::int64_t most_bytes = 8 << 20;

  /// `loops` and `records` outlive this.
  RedisContexts(base::EventLoops& loops, const base::RedisAddress& address,
                const RunRecords& records);

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
  base::RedisConnection& connection_of(const base::Loop& loop) {
    return *connections_[loop.index()];
  }
  std::string line(const std::string& run, const Event& event) const;
  std::optional<Conversation> read(const std::string& run, std::string_view lines) const;
  void tell(base::Loop& loop, base::RedisArguments command);

  const RunRecords& records_;
  std::vector<std::unique_ptr<base::RedisConnection>> connections_;  // by loop
};

}  // namespace runtime
