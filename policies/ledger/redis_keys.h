#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/redis_arguments.h"
#include "policies/ledger/ledger.h"

namespace policies::ledger {

/// What the store knows of itself: its epoch.
extern const std::string store_key;
/// The tenants that ever took something.
extern const std::string tenants_key;

/// The key of the nodes that hold something of a tenant's.
std::string nodes_key(const std::string& tenant);
/// The key of what one of them holds.
std::string record_key(const std::string& tenant, const std::string& node);

/// The bookings of now, found once for as long as they last: calendars are slow. Not thread-safe.
class Bookings {
 public:
  const Span& of(const Window& window, WallTime now);

 private:
  std::vector<std::pair<Window, Span>> known_;
};

/// A charge as batch_script reads it.
struct RedisCharge {
  enum class Kind : char { rate = 'r', slots = 'c', budget = 'b' } kind = Kind::rate;
  std::string key;             ///< of the bucket
  base::RedisArguments keys;   ///< that and its former ones
  base::RedisArguments terms;  ///< what the script asks of the bucket
  std::int64_t amount = 0;

  RedisCharge(const Charge& charge, const std::string& tenant, WallTime now, Bookings& bookings);
};

/// The key of a budget's bucket, taken apart; an empty name when `key` is none.
std::string bucket_of_key(const std::string& key);
extern const char* const budget_key_pattern;

}  // namespace policies::ledger
