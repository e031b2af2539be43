#include "policies/ledger/memory_ledger.h"

#include <algorithm>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "policies/ledger/gcra.h"
#include "policies/ledger/memory_hold.h"

namespace policies::ledger {
namespace {

Gcra gcra_of(const Quota& quota) { return {quota.limit, quota.period, quota.burst}; }

std::chrono::milliseconds rounded_up(std::chrono::nanoseconds wait) {
  return std::chrono::ceil<std::chrono::milliseconds>(wait);
}

// Nothing tells when a slot becomes free.
constexpr std::chrono::milliseconds slot_retry{1'000};

Amounts charged(Fate fate, std::int64_t amount) {
  return {fate == Fate::settled ? amount : 0, fate == Fate::unknown ? amount : 0, 0, -amount, 0};
}

}  // namespace

MemoryLedger::MemoryLedger(base::Journal& journal, const Clock& clock,
                           const std::vector<StoredSpending>& stored)
    : journal_(journal), clock_(clock), origin_(clock.steady()) {
  for (const StoredSpending& row : stored) {
    Bucket& bucket = buckets_[row.bucket];
    if (!bucket.budget) bucket.budget = std::make_shared<BudgetCounter>(row.bucket);
    const WallTime end = time_of(row.window_end);
    bucket.budget->restore({time_of(row.window), end, end}, row.amounts);
  }
  std::vector<SpendingChange> changes;
  for (auto& entry : buckets_) {
    entry.second.budget->answer_for_crash();
    entry.second.budget->take_unwritten(changes);
  }
  if (changes.empty()) return;
  if (auto taken = journal_.submit(spending_entries("crash", changes)); taken) return;
  for (auto& entry : buckets_) entry.second.budget->put_back(changes);
}

MemoryLedger::~MemoryLedger() {
  std::vector<SpendingChange> changes;
  for (auto& entry : buckets_) {
    if (!entry.second.budget) continue;
    entry.second.budget->return_block();
    entry.second.budget->take_unwritten(changes);
  }
  if (changes.empty()) return;
  // When it does not take this, the next start regards the stop as unclean.
  (void)journal_.submit(spending_entries("stop", changes));
}

base::Task<base::Result<Verdict>> MemoryLedger::admit(Admission admission) {
  base::Result<Step> decided = decide(admission);
  if (!decided) co_return decided.error();
  Step& step = *decided;
  if (step.refusal) co_return Verdict(std::move(*step.refusal));
  if (!step.exceeded.empty()) co_return Verdict(Exceeded{std::move(step.exceeded)});
  if (step.waits) {
    // Commits stand in the order of submission: after this one, what decide() submitted is durable.
    const base::Status durable = co_await journal_.commit({});
    finish_fetches(step.fetches, durable.ok());
    if (!durable) {
      step.hold->resolve(Fate::cancelled);
      co_return durable.error();
    }
  } else if (!step.fetches.empty()) {
    asio::co_spawn(co_await asio::this_coro::executor, await_fetches(std::move(step.fetches)),
                   asio::detached);
  }
  co_return Verdict(std::unique_ptr<Hold>(std::move(step.hold)));
}

auto MemoryLedger::decide(const Admission& admission) -> base::Result<Step> {
  Step step;
  step.now = now();
  const std::lock_guard lock(mutex_);
  auto found = find_buckets(admission.charges, step.now, admission.call);
  if (!found) return found.error();
  const std::vector<Bucket*>& buckets = *found;
  for (std::size_t at = 0; at < buckets.size(); ++at) {
    auto refusal = check(admission.charges[at], step.now, *buckets[at]);
    if (!refusal) continue;
    if (admission.charges[at].excess == Excess::ask) {
      step.exceeded.push_back(*std::move(refusal));
    } else if (!step.refusal || step.refusal->retry_after < refusal->retry_after) {
      // Of several that refuse, the one that does so longest tells the caller when to come back.
      step.refusal = std::move(refusal);
    }
  }
  if (step.refusal || !step.exceeded.empty()) return step;
  step.hold = std::make_unique<MemoryHold>(*this, admission.call, admission.with_intent);
  if (admission.with_intent) {
    if (auto paid = pay_room_back(buckets, admission.call); !paid) {
      step.hold->undo();
      return paid.error();
    }
  }
  if (auto taken = take(admission, buckets, step); !taken) return taken.error();
  return step;
}

auto MemoryLedger::find_buckets(const std::vector<Charge>& charges, const Instant& now,
                                const std::string& call) -> base::Result<std::vector<Bucket*>> {
  std::vector<Bucket*> buckets;
  buckets.reserve(charges.size());
  std::vector<SpendingChange> renames;
  for (const Charge& charge : charges) buckets.push_back(&bucket_of(charge, now, renames));
  if (renames.empty()) return buckets;
  if (auto told = journal_.submit(spending_entries(call, renames)); !told) return told.error();
  return buckets;
}

auto MemoryLedger::bucket_of(const Charge& charge, const Instant& now,
                             std::vector<SpendingChange>& renames) -> Bucket& {
  const auto [found, is_new] = buckets_.try_emplace(charge.key());
  Bucket& bucket = found->second;
  if (!charge.quota->is_budget()) return bucket;
  if (is_new) adopt_former(charge, bucket, renames);
  if (!bucket.budget) bucket.budget = std::make_shared<BudgetCounter>(found->first);
  bucket.budget->advance(charge.quota->window, now.wall);
  return bucket;
}

// After a rename, what was spent under the old name counts under the new one.
void MemoryLedger::adopt_former(const Charge& charge, Bucket& bucket,
                                std::vector<SpendingChange>& renames) {
  for (const std::string& id : charge.quota->former) {
    const auto former = buckets_.find(Charge::key_of(id, charge.scope));
    if (former == buckets_.end() || !former->second.budget) continue;
    bucket.budget = former->second.budget;
    renames.push_back({charge.key(), 0, 0, {}, bucket.budget->key()});
    bucket.budget->rename(charge.key());
    return;
  }
}

std::optional<Refusal> MemoryLedger::check(const Charge& charge, const Instant& now,
                                           Bucket& bucket) const {
  const Quota& quota = *charge.quota;
  if (quota.kind == Quota::Kind::rate) {
    const Gcra gcra = gcra_of(quota);
    const auto wait = gcra.wait(bucket.arrival, now.steady);
    if (wait.count() <= 0) return std::nullopt;
    Refusal refusal = refusal_of(charge, quota.limit);
    refusal.retry_after = rounded_up(wait);
    return refusal;
  }
  if (quota.kind == Quota::Kind::concurrency) {
    if (bucket.in_flight + charge.amount <= quota.limit) return std::nullopt;
    Refusal refusal = refusal_of(charge, bucket.in_flight);
    refusal.retry_after = slot_retry;
    return refusal;
  }
  if (charge.excess == Excess::allow) return std::nullopt;
  const std::int64_t used = bucket.budget->used();
  if (charge.amount <= quota.limit - used) return std::nullopt;
  Refusal refusal = refusal_of(charge, used);
  refusal.resets = bucket.budget->resets();
  refusal.retry_after = std::max(rounded_up(*refusal.resets - now.wall), slot_retry);
  return refusal;
}

// The record of a hold stands in another commit than what makes room for it: that goes first.
base::Status MemoryLedger::pay_room_back(const std::vector<Bucket*>& buckets,
                                         const std::string& call) {
  std::vector<SpendingChange> changes;
  for (Bucket* bucket : buckets) {
    if (bucket->budget && bucket->budget->owes_room()) bucket->budget->take_unwritten(changes);
  }
  if (changes.empty()) return {};
  base::Status told = journal_.submit(spending_entries(call, changes));
  if (told) return told;
  for (Bucket* bucket : buckets) {
    if (bucket->budget) bucket->budget->put_back(changes);
  }
  return told;
}

// All of the charges were checked. Only the journal can still say no, by taking nothing.
base::Status MemoryLedger::take(const Admission& admission, const std::vector<Bucket*>& buckets,
                                Step& step) {
  std::vector<SpendingChange> holds;
  for (std::size_t at = 0; at < buckets.size(); ++at) {
    const Charge& charge = admission.charges[at];
    if (charge.quota->kind == Quota::Kind::rate) {
      auto& arrival = buckets[at]->arrival;
      arrival = gcra_of(*charge.quota).after(arrival, step.now.steady);
    } else if (charge.quota->kind == Quota::Kind::concurrency) {
      buckets[at]->in_flight += charge.amount;
      step.hold->slots_.push_back({buckets[at]});
    } else {
      take_of_budget(charge, *buckets[at]->budget, step, holds);
    }
  }
  if (!step.waits && step.fetches.empty()) return {};
  return tell(step, std::move(holds));
}

void MemoryLedger::take_of_budget(const Charge& charge, BudgetCounter& counter, Step& step,
                                  std::vector<SpendingChange>& holds) {
  MemoryHold& hold = *step.hold;
  const std::int64_t limit = charge.quota->limit;
  const std::int64_t start = seconds_of(counter.current().span.start);
  const bool direct = hold.with_intent_ || !counter.block_covers(charge.amount);
  std::int64_t from_block = 0;
  if (direct) {
    from_block = counter.hold_directly(limit, charge.amount);
  } else {
    counter.hold_from_block(charge.amount);
  }
  hold.parts_.push_back({&counter, start, charge.amount, from_block, direct});
  if (hold.with_intent_) return;
  if (direct) {
    step.waits = true;
    holds.push_back(counter.change_of(start, {0, 0, 0, charge.amount, -from_block}));
  }
  // Ahead, so that later calls find a block and do not wait.
  const std::int64_t wanted = counter.wanted(limit, charge.amount);
  if (wanted == 0) return;
  counter.fetch(wanted);
  step.fetches.push_back({&counter, start});
}

// One record for the holds of this call, for what is fetched, and for what its counters owe.
base::Status MemoryLedger::tell(Step& step, std::vector<SpendingChange> holds) {
  MemoryHold& hold = *step.hold;
  std::vector<SpendingChange> changes;
  for (const MemoryHold::Part& part : hold.parts_) part.counter->take_unwritten(changes);
  const std::vector<SpendingChange> unwritten = changes;
  changes.insert(changes.end(), holds.begin(), holds.end());
  base::Status told = journal_.submit(spending_entries(hold.call_, changes));
  if (told) return told;
  for (const MemoryHold::Part& part : hold.parts_) part.counter->put_back(unwritten);
  for (const Fetch& fetch : step.fetches) fetch.counter->fetched(fetch.start, false);
  step.fetches.clear();
  if (!step.waits) return {};  // the block had enough for this call
  hold.undo();
  return told;
}

void MemoryLedger::finish_fetches(const std::vector<Fetch>& fetches, bool durable) {
  const std::lock_guard lock(mutex_);
  for (const Fetch& fetch : fetches) fetch.counter->fetched(fetch.start, durable);
}

base::Task<void> MemoryLedger::await_fetches(std::vector<Fetch> fetches) {
  const base::Status durable = co_await journal_.commit({});
  finish_fetches(fetches, durable.ok());
}

// What is given back is free again, and not the block's: that must not grow beyond its size, which
// bounds what a crash forfeits.
std::vector<base::JournalEntry> MemoryLedger::resolve(MemoryHold& hold, Fate fate,
                                                      std::optional<std::int64_t> spent) {
  if (std::exchange(hold.resolved_, true)) return {};
  const std::lock_guard lock(mutex_);
  for (const MemoryHold::Slot& slot : hold.slots_) --slot.bucket->in_flight;
  std::vector<SpendingChange> with_outcome;
  for (const MemoryHold::Part& part : hold.parts_) {
    const std::int64_t taken =
        std::clamp<std::int64_t>(spent.value_or(part.amount), 0, part.amount);
    Amounts change = charged(fate, taken);
    Amounts told;
    if (hold.with_intent_ && !hold.committed_) {
      change.held = -part.amount;
      told = {0, 0, 0, -part.amount, part.from_block};
    } else if (hold.with_intent_ && fate != Fate::cancelled) {
      told = change;
      with_outcome.push_back(part.counter->change_of(part.start, change));
    }
    part.counter->resolve(part.start, change, told);
    const bool rest = change.held != -part.amount;
    if (rest) part.counter->resolve(part.start, {0, 0, 0, taken - part.amount, 0}, {});
  }
  return spending_entries(hold.call_, with_outcome);
}

base::Task<base::Result<std::vector<Refusal>>> MemoryLedger::look(std::string,
                                                                  std::vector<Charge> charges) {
  const Instant looked = now();
  const std::lock_guard lock(mutex_);
  const auto buckets = find_buckets(charges, looked, "look");
  if (!buckets) co_return buckets.error();
  std::vector<Refusal> full;
  for (std::size_t at = 0; at < charges.size(); ++at) {
    if (auto refusal = check(charges[at], looked, *(*buckets)[at])) {
      full.push_back(*std::move(refusal));
    }
  }
  co_return full;
}

base::Task<base::Result<std::vector<BucketUse>>> MemoryLedger::usage() {
  const std::lock_guard lock(mutex_);
  std::vector<BucketUse> uses;
  for (const auto& [key, bucket] : buckets_) {
    const bool named_so = bucket.budget && bucket.budget->key() == key;
    if (!named_so || bucket.budget->empty()) continue;
    uses.push_back(bucket.budget->use(clock_.wall()));
  }
  co_return uses;
}

}  // namespace policies::ledger
