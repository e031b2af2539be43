#include "policies/ledger/memory_hold.h"

#include <mutex>
#include <utility>

namespace policies::ledger {

MemoryHold::~MemoryHold() {
  std::vector<base::JournalEntry> entries = resolve(Fate::unknown);
  // Lost entries leave the hold open in the journal, which charges it as unknown at the next start.
  if (!entries.empty()) (void)ledger_.journal_.submit(std::move(entries));
}

std::vector<base::JournalEntry> MemoryHold::entries() const {
  if (!with_intent_ || parts_.empty()) return {};
  const std::lock_guard lock(ledger_.mutex_);  // other loops move the counters' windows on
  std::vector<SpendingChange> changes;
  for (const Part& part : parts_) {
    changes.push_back(
        part.counter->change_of(part.start, {0, 0, 0, part.amount, -part.from_block}));
  }
  return spending_entries(call_, changes);
}

// Within the critical section in which the parts were taken.
void MemoryHold::undo() {
  resolved_ = true;
  for (const Slot& slot : slots_) --slot.bucket->in_flight;
  for (const Part& part : parts_) {
    if (part.direct) {
      part.counter->undo(part.start, part.amount, part.from_block);
    } else {
      part.counter->resolve(part.start, {0, 0, 0, -part.amount, part.amount}, {});
    }
  }
}

std::vector<base::JournalEntry> MemoryHold::resolve(Fate fate) {
  return ledger_.resolve(*this, fate, std::nullopt);
}

std::vector<base::JournalEntry> MemoryHold::settle(std::int64_t spent) {
  return ledger_.resolve(*this, Fate::settled, spent);
}

}  // namespace policies::ledger
