#include "gateway/budget_list.h"

#include <map>

#include "base/time_text.h"
#include "policies/ledger/money.h"

namespace gateway {
namespace {

using base::Json;
using policies::ledger::BucketUse;
using policies::ledger::Charge;
using policies::ledger::Quota;

struct Row {
  const Quota* quota = nullptr;
  std::string scope;
  BucketUse use;
  const policies::approvals::Terms* asks = nullptr;  // instead of refusing
};

Json facts_of(const Row& row) {
  const Quota& quota = *row.quota;
  const bool money = quota.kind == Quota::Kind::money;
  const auto amount = [money](std::int64_t value) {
    return money ? Json(policies::ledger::money_text(value)) : Json(value);
  };
  const std::int64_t used = row.use.used();
  Json facts{{"budget", quota.name},
             {"scope", row.scope},
             {"unit", money ? quota.currency : std::string("calls")},
             {"window", policies::ledger::to_string(quota.window)},
             {"limit", amount(quota.limit)},
             {"used", amount(used)},
             {"share",
              quota.limit > 0 ? static_cast<double>(used) / static_cast<double>(quota.limit) : 1.0},
             {"settled", amount(row.use.settled)},
             {"unknown", amount(row.use.unknown)},
             {"forfeited", amount(row.use.forfeited)},
             {"held", amount(row.use.held)}};
  facts["on_exceed"] = row.asks == nullptr ? "deny" : "ask";
  if (row.asks != nullptr) facts["by"] = row.asks->clauses.front().by;
  facts["resets"] = used == 0 ? Json(nullptr) : Json(base::rfc3339(row.use.end, 0));
  return facts;
}

}  // namespace

Json budget_list(const policies::Policy& policy, const std::vector<BucketUse>& uses) {
  std::map<std::string, Row> rows;
  for (const Charge& bucket : policy.budgets()) {
    rows[bucket.key()] = {bucket.quota, bucket.scope, {}, policy.overrun_terms(bucket.quota->id)};
  }
  for (const BucketUse& use : uses) {
    const auto name = policies::ledger::parse_bucket(use.key);
    const Quota* quota = policy.find_quota(name.quota_id);
    if (quota == nullptr) continue;
    rows[use.key] = {quota, name.scope, use, policy.overrun_terms(quota->id)};
  }
  Json list = Json::array();
  for (const auto& row : rows) list.push_back(facts_of(row.second));
  return list;
}

}  // namespace gateway
