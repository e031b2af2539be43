#pragma once

#include <string>

namespace policies::ledger {

/// The scripts of the RedisLedger (Lua 5.1, as in Redis 7). Amounts travel as text: Lua would write
/// large numbers with an exponent. Keys of one script share a hash tag, as far as the buckets are
/// of one tenant.
///
/// A bucket is a string (rate: the theoretical arrival in microseconds of Redis's clock), a sorted
/// set (concurrency: call → end of its lease) or a hash (budget: `START:s`, `START:u`, `START:h`
/// for what was settled, charged as unknown and is held in the booking that began at START, and
/// `w`, the newest START). `holds` maps calls to what they hold, `leases` orders them by the end of
/// their lease: a gateway that died renews none, and what its calls held is charged as unknown.

/// KEYS: holds, leases, one per charge. ARGV: call, lease in µs, then six per charge: kind (r, c or
/// b), limit, amount, and for r: interval and tolerance in µs; for b: START, the oldest START that
/// counts, when the key may go (seconds since the epoch). Returns {1}, or {0, index of the charge
/// from 1, used, µs to wait}.
extern const std::string admit_script;

/// KEYS: holds, leases. ARGV: fate (s, u, or x for cancelled), call. Returns how many were
/// resolved.
extern const std::string resolve_script;

/// KEYS: holds, leases. ARGV: lease in µs, then calls.
extern const std::string renew_script;

}  // namespace policies::ledger
