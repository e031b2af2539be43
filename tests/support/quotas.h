#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "policies/ledger/ledger.h"

namespace tests {

/// Quotas as a policy would compile them.
inline policies::ledger::Quota budget_quota(
    const std::string& name, std::int64_t limit,
    policies::ledger::Window::Unit unit = policies::ledger::Window::Unit::day) {
  policies::ledger::Quota quota;
  quota.kind = policies::ledger::Quota::Kind::calls;
  quota.name = "writer/" + name;
  quota.id = "role/writer/" + name + "/calls";
  quota.limit = limit;
  quota.window.unit = unit;
  quota.window.length = std::chrono::hours(24);
  quota.window.zone = policies::ledger::find_time_zone("UTC");
  return quota;
}

inline policies::ledger::Quota rate_quota(std::int64_t count, std::chrono::nanoseconds period,
                                          std::int64_t burst) {
  policies::ledger::Quota quota;
  quota.kind = policies::ledger::Quota::Kind::rate;
  quota.name = "writer/*";
  quota.id = "role/writer/limit:*:agent/rate";
  quota.limit = count;
  quota.period = period;
  quota.burst = burst;
  return quota;
}

inline policies::ledger::Quota slots_quota(std::int64_t limit) {
  policies::ledger::Quota quota;
  quota.kind = policies::ledger::Quota::Kind::concurrency;
  quota.name = "writer/*";
  quota.id = "role/writer/limit:*:agent/concurrency";
  quota.limit = limit;
  return quota;
}

/// An admission of one call by `agent:a` to all of `quotas`.
inline policies::ledger::Admission admission_of(
    const std::vector<const policies::ledger::Quota*>& quotas, std::int64_t amount = 1,
    bool with_intent = false) {
  static int call = 0;
  policies::ledger::Admission admission{"acme", "req_" + std::to_string(++call), {}, with_intent};
  for (const auto* quota : quotas) {
    admission.charges.push_back({quota, "agent:a", quota->is_budget() ? amount : 1});
  }
  return admission;
}

}  // namespace tests
