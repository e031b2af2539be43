#include "policies/ledger/ledger.h"

#include <algorithm>

namespace policies::ledger {

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::settled:
      return "settled";
    case Fate::cancelled:
      return "cancelled";
    case Fate::unknown:
      break;
  }
  return "unknown";
}

Refusal refusal_of(const Charge& charge, std::int64_t used) {
  const Quota& quota = *charge.quota;
  Refusal refusal;
  refusal.kind = quota.kind;
  refusal.rule = quota.name;
  refusal.quota = quota.id;
  refusal.currency = quota.currency;
  refusal.limit = quota.limit;
  refusal.used = used;
  refusal.remaining = std::max<std::int64_t>(quota.limit - used, 0);
  refusal.amount = charge.amount;
  refusal.period = quota.period;
  return refusal;
}

}  // namespace policies::ledger
