#pragma once

#include <chrono>
#include <cstdint>

namespace policies::ledger {

/// The generic cell rate algorithm: a bucket of `burst` calls that fills at a steady rate, kept as
/// one time, the theoretical arrival of the next call.
struct Gcra {
  std::chrono::nanoseconds interval{0};   ///< between calls at the full rate, rounded up
  std::chrono::nanoseconds tolerance{0};  ///< how far calls may come early

  Gcra(std::int64_t count, std::chrono::nanoseconds period, std::int64_t burst)
      : interval((period.count() + count - 1) / count), tolerance(interval * (burst - 1)) {}

  using Time = std::chrono::nanoseconds;  ///< since an origin of the caller's

  /// How long until a call is allowed; zero or less: it is now.
  std::chrono::nanoseconds wait(Time arrival, Time now) const {
    return (arrival > now ? arrival : now) - now - tolerance;
  }
  /// The theoretical arrival after a call that was allowed.
  Time after(Time arrival, Time now) const { return (arrival > now ? arrival : now) + interval; }
  /// Calls that would be allowed at once.
  std::int64_t remaining(Time arrival, Time now) const {
    const auto early = (arrival > now ? arrival : now) - now;
    return early > tolerance ? 0 : (tolerance - early) / interval + 1;
  }
};

}  // namespace policies::ledger
