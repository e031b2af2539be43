#include "policies/ledger/redis_keys.h"

#include <algorithm>

#include "policies/ledger/budget_counter.h"
#include "policies/ledger/gcra.h"
#include "policies/ledger/tenant_key.h"

namespace policies::ledger {
namespace {

// No tenant's name holds a blank: what tenants share has a tag of its own.
const std::string shared_tag = "all tenants";
// An ended window is kept for a while, for a clock that is set back.
constexpr std::int64_t kept_seconds = 86'400;
constexpr std::size_t most_known = 64;

bool belongs_to_tenant(const Charge& charge) {
  return charge.scope.starts_with("agent:") || charge.scope.starts_with("tenant:") ||
         charge.quota->id.starts_with("tenant/");
}

RedisCharge::Kind kind_of(const Quota& quota) {
  if (quota.kind == Quota::Kind::rate) return RedisCharge::Kind::rate;
  const bool is_slots = quota.kind == Quota::Kind::concurrency;
  return is_slots ? RedisCharge::Kind::slots : RedisCharge::Kind::budget;
}

std::int64_t microseconds(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::microseconds>(time).count();
}

void add_keys(const Charge& charge, const std::string& start, RedisCharge& made) {
  made.key = start + charge.key();
  made.keys.add(made.key);
  if (!charge.quota->is_budget()) return;
  for (const std::string& id : charge.quota->former) {
    made.keys.add(start + Charge::key_of(id, charge.scope));
  }
}

void add_terms(const Quota& quota, WallTime now, Bookings& bookings, RedisCharge& made) {
  const char kind = static_cast<char>(made.kind);
  base::RedisArguments& terms = made.terms;
  terms.add(std::string_view(&kind, 1)).add(static_cast<std::int64_t>(made.keys.count() - 1));
  terms.add(quota.limit);
  if (made.kind == RedisCharge::Kind::rate) {
    const std::int64_t interval =
        microseconds(Gcra(quota.limit, quota.period, quota.burst).interval);
    terms.add(interval).add(interval * (quota.burst - 1));
  } else if (made.kind == RedisCharge::Kind::budget) {
    const Span& span = bookings.of(quota.window, now);
    terms.add(seconds_of(span.start)).add(seconds_of(span.end));
    terms.add(seconds_of(span.end) + kept_seconds).add(to_string(quota.window));
  }
}

}  // namespace

const std::string store_key = "sluice:store";
const std::string tenants_key = "sluice:tenants";
const char* const budget_key_pattern = "sluice:{*}:b:*";

std::string nodes_key(const std::string& tenant) { return tenant_key(tenant, "nodes"); }

std::string record_key(const std::string& tenant, const std::string& node) {
  return nodes_key(tenant) + ":" + node;
}

const Span& Bookings::of(const Window& window, WallTime now) {
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const auto& known) { return known.first == window; });
  if (found != known_.end()) {
    const bool lasts = found->second.start <= now && now < found->second.until;
    if (!lasts) found->second = window.booking(now);
    return found->second;
  }
  if (known_.size() == most_known) known_.clear();
  return known_.emplace_back(window, window.booking(now)).second;
}

RedisCharge::RedisCharge(const Charge& charge, const std::string& tenant, WallTime now,
                         Bookings& bookings)
    : kind(kind_of(*charge.quota)), amount(charge.amount) {
  const std::string owner = tenant_key(belongs_to_tenant(charge) ? tenant : shared_tag, "");
  add_keys(charge, owner + static_cast<char>(kind) + ":", *this);
  add_terms(*charge.quota, now, bookings, *this);
}

std::string bucket_of_key(const std::string& key) {
  const std::size_t at = key.find("}:b:");
  return at == std::string::npos ? "" : key.substr(at + 4);
}

}  // namespace policies::ledger
