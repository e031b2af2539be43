#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/redis_arguments.h"
#include "base/redis_reply.h"
#include "base/task.h"
#include "policies/ledger/ledger.h"
#include "policies/ledger/redis_keys.h"

namespace policies::ledger {

/// How many calls ended, by fate.
struct FateCounts {
  std::int64_t settled = 0, unknown = 0, cancelled = 0;

  bool none() const { return settled == 0 && unknown == 0 && cancelled == 0; }
  void add(Fate fate);
  FateCounts& operator+=(const FateCounts& more);
};

/// What each call of a group took and holds until it ends.
struct RedisTaken {
  struct Part {
    std::string key;
    std::int64_t start = 0;  ///< of a budget's booking
    std::int64_t amount = 0;
    bool is_slot = false;
  };
  std::vector<Part> parts;
  std::uint64_t registration = 0;  ///< of the node, under which Redis knows it
  FateCounts untold;               ///< ends of which Redis has not been told
};

/// Which charge of a group found no room, as batch_script says it.
struct RedisRefusal {
  std::int64_t charge = 0;  ///< from 1
  std::int64_t used = 0, wait = 0, resets = 0;
};

/// Calls that ask for the same at once: decided together, in the order in which they came.
struct RedisGroup {
  RedisGroup(const base::Executor& executor, const Admission& admission, WallTime now,
             Bookings& bookings);

  /// Whether `admission` asks for what this group does, and takes it.
  bool fits(const Admission& admission) const;
  void decide(base::Error why);

  std::vector<Charge> asked;  ///< for comparison alone
  std::vector<RedisCharge> charges;
  bool spends = false;  ///< of a budget
  bool alone = false;   ///< its buckets must not meet those of others in one batch
  bool looks = false;   ///< takes nothing, and is told of every charge that finds no room
  std::int64_t count = 0;
  int attempts = 0;
  base::Timer done;  ///< ends when it was decided

  // What was decided.
  bool decided = false;
  std::optional<base::Error> error;
  std::int64_t admitted = 0;  ///< the first ones
  std::shared_ptr<RedisTaken> taken;
  std::vector<RedisRefusal> refusals;  ///< the others
};

/// Who sends a batch.
struct RedisSender {
  std::string node;
  std::uint64_t generation = 0;  ///< of the connection
  std::string epoch;             ///< that the store must have, or ""
};

/// What goes to Redis in one script: ends of calls, then groups of admissions. Redis does all of it
/// or nothing.
class RedisBatch final {
 public:
  /// How many buckets one names at most, or one call's: Lua bounds what a command may have.
  static constexpr std::size_t most_buckets = 500;

  RedisBatch(std::uint64_t number, std::uint64_t registration)
      : number_(number), registration_(registration) {}

  std::uint64_t number() const { return number_; }
  std::vector<std::shared_ptr<RedisGroup>>& groups() { return groups_; }
  /// How many calls ask for something.
  std::size_t calls() const;
  /// How many buckets it names.
  std::size_t size() const { return buckets_.size() + parts_ended_; }

  void add(std::shared_ptr<RedisGroup> group);
  /// Takes over what is untold of it.
  void add(std::shared_ptr<RedisTaken> ended);

  /// For batch_script.
  base::RedisArguments arguments(const std::string& tenant, const RedisSender& sender,
                                 WallTime now) const;
  /// Tells the groups what `reply` says, but those that must be sent again alone; false when it is
  /// none of batch_script.
  bool settle(const base::RedisReply& reply);
  /// What was taken over is untold again. Returns that.
  std::vector<std::shared_ptr<RedisTaken>> take_back();
  /// What calls hold of which nobody waits any more, according to `reply`: they count as cancelled.
  std::vector<std::shared_ptr<RedisTaken>> cancel(const base::RedisReply& reply);

 private:
  struct Ended {
    std::shared_ptr<RedisTaken> taken;
    FateCounts counts;
  };
  class Decisions;

  const std::uint64_t number_, registration_;
  std::vector<std::shared_ptr<RedisGroup>> groups_;
  std::vector<const RedisCharge*> buckets_;              // of the groups, each once
  std::unordered_map<std::string, std::size_t> places_;  // of buckets: key and terms
  std::vector<std::vector<std::size_t>> group_places_;   // of the charges of each group
  std::vector<Ended> ended_;
  std::size_t parts_ended_ = 0;
};

}  // namespace policies::ledger
