#include "policies/ledger/redis_keys.h"

#include "policies/ledger/budget_counter.h"
#include "policies/ledger/gcra.h"

namespace policies::ledger {
namespace {

const std::string prefix = "sluice:{";
// No tenant's name holds a blank: what tenants share has a tag of its own.
const std::string shared_tag = "all tenants";
// An ended window is kept for a while, for a clock that is set back.
constexpr std::int64_t kept_seconds = 86'400;

// An empty tag would be none.
std::string tag(const std::string& name) {
  return prefix + (name.empty() ? "no tenant" : name) + "}:";
}

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

void add_charge(const Charge& charge, const std::string& tenant, const Clock& clock,
                RedisCall& call) {
  const Quota& quota = *charge.quota;
  const char kind = kind_of(quota);
  call.keys.push_back(tag(belongs_to_tenant(charge) ? tenant : shared_tag) + kind + ":" +
                      charge.key());
  std::int64_t a = 0, b = 0, c = 0;
  if (kind == 'r') {
    a = microseconds(Gcra(quota.limit, quota.period, quota.burst).interval);
    b = a * (quota.burst - 1);
  } else if (kind == 'b') {
    const Span span = quota.window.booking(clock.wall());
    a = seconds_of(span.start);
    // A part of a rolling window counts until all of it is older than the window.
    const auto counts = span.end - span.until;
    const auto part = span.until - span.start;
    const bool rolls = quota.window.unit == Window::Unit::rolling;
    b = rolls ? seconds_of(span.start - counts - part) + 1 : a;
    c = seconds_of(span.end) + kept_seconds;
  }
  const std::string numbers[] = {
      std::string(1, kind), std::to_string(quota.limit), std::to_string(charge.amount),
      std::to_string(a),    std::to_string(b),           std::to_string(c)};
  call.arguments.insert(call.arguments.end(), std::begin(numbers), std::end(numbers));
}

}  // namespace

const char* const budget_key_pattern = "sluice:{*}:b:*";

std::vector<std::string> hold_keys(const std::string& tenant) {
  return {tag(tenant) + "holds", tag(tenant) + "leases"};
}

RedisCall admit_call(const Admission& admission, std::chrono::milliseconds lease,
                     const Clock& clock) {
  RedisCall call;
  call.keys = hold_keys(admission.tenant);
  call.arguments = {admission.call, std::to_string(microseconds(lease))};
  for (const Charge& charge : admission.charges) {
    add_charge(charge, admission.tenant, clock, call);
  }
  return call;
}

std::string bucket_of_key(const std::string& key) {
  const std::size_t at = key.find("}:b:");
  return at == std::string::npos ? "" : key.substr(at + 4);
}

}  // namespace policies::ledger
