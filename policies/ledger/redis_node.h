#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/event_loops.h"
#include "base/redis_connection.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/ledger.h"
#include "policies/ledger/redis_epoch.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_tenant.h"

namespace policies::ledger {

/// What one event loop has of a RedisLedger: its connection, a name under which Redis keeps what
/// its calls hold, and what goes to Redis of each tenant. Belongs to its loop, and outlives the
/// holds.
class RedisNode final {
 public:
  static constexpr std::chrono::milliseconds lease{30'000};

  RedisNode(base::Loop& loop, const base::RedisAddress& address, RedisEpoch& epoch,
            const Clock& clock);

  base::Loop& loop() { return loop_; }
  base::RedisConnection& connection() { return connection_; }
  const Clock& clock() const { return clock_; }
  const std::string& name() const { return name_; }
  Bookings& bookings() { return bookings_; }

  RedisTenant& tenant(const std::string& name);
  /// Of `admission`'s tenant. At once unavailable while Redis is away.
  base::Task<base::Result<RedisTenant::Decision>> admit(const Admission& admission);

  /// The same without taking anything: what the group that is returned was told.
  base::Task<base::Result<std::shared_ptr<const RedisGroup>>> look(const Admission& admission);

  /// Code::unavailable with a sentence while nothing may be spent.
  base::Task<base::Result<std::string>> epoch();
  /// Asks for the epoch again before the next admission.
  void forget_epoch() { asked_.reset(); }

 private:
  struct Asked {
    std::uint64_t generation;
    base::SteadyTime at;
    base::Result<std::string> epoch;
  };

  base::Task<base::Result<RedisTenant::Decision>> admit_when_ready(const Admission& admission);
  base::Task<void> keep_renewing();

  base::Loop& loop_;
  base::RedisConnection connection_;
  RedisEpoch& epoch_;
  const Clock& clock_;
  const std::string name_;
  Bookings bookings_;
  std::optional<Asked> asked_;
  std::map<std::string, RedisTenant> tenants_;
};

}  // namespace policies::ledger
