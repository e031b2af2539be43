#pragma once

#include <string>

#include "base/redis_arguments.h"

namespace policies::approvals {

/// The scripts of RedisApprovals (Lua 5.1, as in Redis 7). What Redis knows of a tenant's approvals
/// has keys of one hash tag; all begin with TAG, `sluice:{TENANT}:approvals`:
///
/// TAG is a sorted set: what stands, scored with when the clock looks at it, in milliseconds.
/// TAG:ID is a list: the events of an approval, oldest first, as the journal records them. How many
/// there are is its version: what was decided on one version is appended to that version only.
/// TAG:print:FINGERPRINT is the id of the one that a call finds, TAG:family:FAMILY the set of those
/// that are remembered, TAG:agent:AGENT of those that wait.
/// TAG:changes is a stream of the ids of what changed.
///
/// Two more keys belong to no tenant: `sluice:approval:ID` is the tenant of an approval, and
/// `sluice:approval tenants` the set of tenants that ever had one.

/// KEYS: TAG. ARGV: id. Returns {seconds, microseconds, events}.
extern const base::RedisScript load_script;

/// KEYS: TAG. ARGV: fingerprint, family. Returns {id or "", ids that are remembered}.
extern const base::RedisScript look_script;

/// KEYS: TAG. ARGV: id, version, event, when the clock looks at it, for how many milliseconds it is
/// kept ("": for as long as it stands), places, fingerprint, agent, family, and for version 0 how
/// many of the agent may wait and of the tenant stand. Of the places, letters of `pwsfx`, those
/// that are missing are left: p is found by its print, w waits, s stands, f is of its family; x:
/// nothing is left of it. Returns {1, id}, {0, the id of the one that its print finds}, {-1, ""}:
/// too many, or {-2, ""}: the version is another.
extern const base::RedisScript append_script;

/// KEYS: TAG. Returns the ids of which the clock looks at some by now.
extern const base::RedisScript due_script;

}  // namespace policies::approvals
