#pragma once

#include "base/redis_arguments.h"

namespace policies::ledger {

/// The scripts of the RedisLedger (Lua 5.1, as in Redis 7). Amounts travel as text: Lua would write
/// large numbers with an exponent. Keys of one script share a hash tag, as far as the buckets are
/// of one tenant.
///
/// A bucket is a string (rate: the theoretical arrival in microseconds of Redis's clock;
/// concurrency: calls in flight) or a hash (budget). The hash has `w`, when the booking of now
/// began in seconds since the epoch, `k`, the window, `t`, the sum of all that counts, `o`, that
/// less what was taken in the booking of now, and `x`, when the first of it stops counting; and for
/// each booking by its START: `START:s` and `START:u` for what was settled and charged as unknown,
/// `START:e` for when it stops counting, until it has, and once it is over `START:n` for all that
/// was taken in it.
///
/// A hold is a member of the sorted set `leases`, which says what it holds, scored with the end of
/// its lease in microseconds: a gateway that died renews none, and what its calls held is charged
/// as unknown.

/// KEYS: store, leases, then for each charge its key and its former ones. ARGV: call, lease in µs,
/// node, generation of its connection, epoch ("": none is asked for), the caller's seconds since
/// the epoch, then eight per charge: kind (r, c or b), how many former keys, limit, amount, and for
/// r: interval and tolerance in µs; for b: START, when that stops counting, when the key may go,
/// the window. Returns {1, hold}, or {0, index of the charge from 1, used, µs to wait, when the
/// first stops counting}, or {-1}: the store's epoch is another, or {-2}: the node has given this
/// connection up.
extern const base::RedisScript admit_script;

/// KEYS: leases. ARGV: fate (s, u, or x for cancelled) and hold, in pairs. Returns how many were
/// resolved.
extern const base::RedisScript resolve_script;

/// Ends leases that are over, and renews others. KEYS: leases. ARGV: lease in µs, then holds.
extern const base::RedisScript renew_script;

/// For admissions whose answer was lost: gives back what they took, and refuses what the lost
/// connection still brings. KEYS: store, leases. ARGV: node, generation of the lost connection,
/// calls. Returns how many had taken something.
extern const base::RedisScript cancel_script;

/// What the store is. KEYS: store. ARGV: the epoch that the caller knows or "", a new one, whether
/// a loss is accepted. Returns the epoch, or "": the store is not what the caller knows.
extern const base::RedisScript epoch_script;

}  // namespace policies::ledger
