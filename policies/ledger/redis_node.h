#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/event_loops.h"
#include "base/redis_connection.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/ledger.h"
#include "policies/ledger/redis_epoch.h"
#include "policies/ledger/redis_keys.h"

namespace policies::ledger {

class RedisHold;

/// What one event loop has of a RedisLedger: its connection, what its calls hold, and what Redis
/// has not been told yet. Belongs to its loop, and outlives the holds.
class RedisNode final {
 public:
  static constexpr std::chrono::milliseconds lease{30'000};

  RedisNode(base::Loop& loop, const base::RedisAddress& address, RedisEpoch& epoch,
            const Clock& clock);

  base::Loop& loop() { return loop_; }
  base::RedisConnection& connection() { return connection_; }

  /// What admit_script says. Code::unavailable: nothing was taken, or it is given back as soon as
  /// Redis is there again.
  base::Task<base::Result<base::RedisReply>> admit(const Admission& admission);
  /// Code::unavailable with a sentence while nothing may be spent.
  base::Task<base::Result<std::string>> epoch();
  /// Asks for the epoch again before the next admission.
  void forget_epoch() { asked_.reset(); }

  /// Holds are renewed from begin() until what end() says has reached Redis.
  void begin(const RedisHold& hold) { held_.insert(&hold); }
  void end(const RedisHold& hold, const char* fate);

 private:
  struct Lost {
    std::string tenant, call;
    std::uint64_t generation;
  };
  struct Asked {
    std::uint64_t generation;
    base::SteadyTime at;
    base::Result<std::string> epoch;
  };
  struct Ended {
    std::vector<std::pair<const char*, std::string>> ends;  // fate, hold
    bool sending = false;
  };

  bool knows_epoch() const;
  base::Task<base::Result<base::RedisReply>> try_to_admit(const Admission& admission);
  base::Task<void> prepare();
  base::Task<void> introduce(std::string tenant);
  void lose(const Admission& admission, std::uint64_t generation);
  base::Task<void> recover();
  base::Task<void> cancel_lost();
  base::Task<void> send_ended(std::string tenant);
  base::Task<bool> resolve(std::string tenant, decltype(Ended::ends)& batch);
  base::Task<void> keep_renewing();
  base::Task<void> renew(std::string tenant, std::vector<std::string> holds);

  base::Loop& loop_;
  base::RedisConnection connection_;
  RedisEpoch& epoch_;
  const Clock& clock_;
  const std::string name_;
  Bookings bookings_;

  std::uint64_t prepared_ = 0;  // the connection's generation
  std::optional<Asked> asked_;
  std::set<std::string> tenants_;  // that Redis was told of
  std::unordered_set<const RedisHold*> held_;
  std::map<std::string, Ended> ended_;  // by tenant
  std::deque<Lost> lost_;
  bool renewing_ = false, recovering_ = false, cancelling_ = false;
};

}  // namespace policies::ledger
