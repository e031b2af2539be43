#pragma once

#include "base/redis_arguments.h"

namespace policies::ledger {

/// The scripts of the RedisLedger (Lua 5.1, as in Redis 7). Keys of one script share a hash tag, as
/// far as the buckets are of one tenant.
///
/// A bucket is a string (rate: the theoretical arrival in microseconds of Redis's clock;
/// concurrency: calls in flight) or a hash (budget). The hash has `w`, when the booking of now
/// began in seconds since the epoch, `k`, the window, `t`, the sum of all that counts, `o`, that
/// less what was taken in the booking of now, and `x`, when the first of it stops counting; and for
/// each booking by its START: `START:s` and `START:u` for what was settled and charged as unknown,
/// `START:e` for when it stops counting, until it has, and once it is over `START:n` for all that
/// was taken in it.
///
/// A node is an event loop of a gateway. It is a member of the sorted set `nodes`, scored with the
/// end of its lease in microseconds, and has a record, a hash: `i`, its registration, `g`, the
/// generation of its connection, `n`, the number of the last batch, `r0` to `r7`, the number of one
/// of the last batches and what was said to it, and what its calls hold: `START KEY` of budgets, `
/// KEY` of slots. A gateway that died renews no lease, and what its calls held is charged as
/// unknown.

/// Carries out a batch: ends of calls, then admissions. KEYS: store, nodes, the node's record, the
/// keys of ends, then for each bucket its key and its former ones. ARGV: node, generation of its
/// connection, number of the batch, epoch ("": none is asked for), the caller's seconds since the
/// epoch, how many ends, how many buckets, how many admissions. For each end: START ("" for slots),
/// settled, unknown, cancelled. For each bucket: kind (r, c or b), how many former keys, limit, and
/// for r: interval and tolerance in µs; for b: START, when that stops counting, when the key may
/// go, the window. For each group of equal admissions: how many (0: it only looks), of how many
/// buckets, and for each of these its number, amount, and whether to refuse, ask or allow what it
/// has no room for.
///
/// Returns the START of each bucket (0 for no budget), then for each group how many were admitted,
/// and unless all, or when it looks: how many buckets have no room, and of each its number within
/// the group, used, µs to wait, when the first stops counting. That is the one that refuses
/// longest, or when none refuses all that ask. Or -1 for a group: its buckets turned out to be
/// those of another, and nothing was taken. Returns {-1}: the store's epoch is another, or {-2}:
/// the node is not registered with this connection, or a later batch came first; then nothing was
/// done.
extern const base::RedisScript batch_script;

/// Makes a node known with its present connection, so that nothing more is taken of earlier ones.
/// KEYS: tenants, nodes, the node's record. ARGV: tenant, node, generation of its connection, its
/// registration, lease in µs. Returns {1, a list of the last batches that were carried out: number
/// and what was said}, or {0}: the registration is new, and nothing is held.
extern const base::RedisScript register_script;

/// Renews a node's lease, and ends those that are over. KEYS: nodes. ARGV: lease in µs, node.
extern const base::RedisScript renew_script;

/// What the store is. KEYS: store. ARGV: the epoch that the caller knows or "", a new one, whether
/// a loss is accepted. Returns the epoch, or "": the store is not what the caller knows.
extern const base::RedisScript epoch_script;

}  // namespace policies::ledger
