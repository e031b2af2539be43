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

char kind_of(const Quota& quota) {
  if (quota.kind == Quota::Kind::rate) return 'r';
  return quota.kind == Quota::Kind::concurrency ? 'c' : 'b';
}

std::int64_t microseconds(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::microseconds>(time).count();
}

void add_keys(const Charge& charge, const std::string& tenant, base::RedisArguments& arguments) {
  const std::string start =
      tenant_key(belongs_to_tenant(charge) ? tenant : shared_tag, "") + kind_of(*charge.quota) + ":";
  arguments.add(start + charge.key());
  if (!charge.quota->is_budget()) return;
  for (const std::string& id : charge.quota->former) {
    arguments.add(start + Charge::key_of(id, charge.scope));
  }
}

void add_numbers(const Charge& charge, WallTime now, Bookings& bookings,
                 base::RedisArguments& arguments) {
  const Quota& quota = *charge.quota;
  const char kind = kind_of(quota);
  const std::size_t former = quota.is_budget() ? quota.former.size() : 0;
  arguments.add(std::string_view(&kind, 1)).add(static_cast<std::int64_t>(former));
  arguments.add(quota.limit).add(charge.amount);
  if (kind == 'r') {
    const std::int64_t interval =
        microseconds(Gcra(quota.limit, quota.period, quota.burst).interval);
    arguments.add(interval).add(interval * (quota.burst - 1)).add("").add("");
  } else if (kind == 'b') {
    const Span& span = bookings.of(quota.window, now);
    arguments.add(seconds_of(span.start)).add(seconds_of(span.end));
    arguments.add(seconds_of(span.end) + kept_seconds).add(to_string(quota.window));
  } else {
    arguments.add("").add("").add("").add("");
  }
}

}  // namespace

const std::string store_key = "sluice:store";
const std::string tenants_key = "sluice:tenants";
const char* const budget_key_pattern = "sluice:{*}:b:*";

std::string leases_key(const std::string& tenant) { return tenant_key(tenant, "leases"); }

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

base::RedisArguments admit_arguments(const Admission& admission, const RedisCaller& caller,
                                     std::chrono::milliseconds lease, WallTime now,
                                     Bookings& bookings) {
  base::RedisArguments keys, arguments;
  keys.add(store_key).add(leases_key(admission.tenant));
  arguments.add(admission.call).add(microseconds(lease));
  arguments.add(caller.node).add(static_cast<std::int64_t>(caller.generation)).add(caller.epoch);
  arguments.add(seconds_of(now));
  for (const Charge& charge : admission.charges) {
    add_keys(charge, admission.tenant, keys);
    add_numbers(charge, now, bookings, arguments);
  }
  base::RedisArguments all;
  all.add(static_cast<std::int64_t>(keys.count())).append(keys).append(arguments);
  return all;
}

std::string bucket_of_key(const std::string& key) {
  const std::size_t at = key.find("}:b:");
  return at == std::string::npos ? "" : key.substr(at + 4);
}

}  // namespace policies::ledger
