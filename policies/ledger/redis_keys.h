#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/redis_arguments.h"
#include "policies/ledger/ledger.h"

namespace policies::ledger {

/// What the store knows of itself: its epoch, and connections that were given up.
extern const std::string store_key;
/// The tenants that ever took something.
extern const std::string tenants_key;

/// The key of what a tenant's calls hold.
std::string leases_key(const std::string& tenant);

/// Whose admission it is, as far as Redis asks.
struct RedisCaller {
  std::string_view node;
  std::uint64_t generation = 0;  ///< of the connection
  std::string_view epoch;        ///< that the store must have, or ""
};

/// The bookings of now, found once for as long as they last: calendars are slow. Not thread-safe.
class Bookings {
 public:
  const Span& of(const Window& window, WallTime now);

 private:
  std::vector<std::pair<Window, Span>> known_;
};

/// For admit_script.
base::RedisArguments admit_arguments(const Admission& admission, const RedisCaller& caller,
                                     std::chrono::milliseconds lease, WallTime now,
                                     Bookings& bookings);

/// The key of a budget's bucket, taken apart; an empty name when `key` is none.
std::string bucket_of_key(const std::string& key);
extern const char* const budget_key_pattern;

}  // namespace policies::ledger
