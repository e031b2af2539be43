#include "policies/ledger/redis_batch.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "policies/ledger/budget_counter.h"

namespace policies::ledger {
namespace {

// What batch_script says of a group whose buckets turned out to be those of another.
constexpr std::int64_t undecided = -1;

bool same(const Charge& one, const Charge& other) {
  return one.quota == other.quota && one.amount == other.amount && one.scope == other.scope &&
         one.excess == other.excess;
}

// How many admissions it asks for.
std::int64_t wanted(const RedisGroup& group) { return group.looks ? 0 : group.count; }

// As batch_script reads it.
std::string_view word_for(Excess excess) {
  if (excess == Excess::ask) return "ask";
  return excess == Excess::allow ? "allow" : "refuse";
}

// Ends of one booking, whoever's.
struct Booked {
  std::string_view key;
  std::int64_t start;
  bool is_slot;

  auto operator<=>(const Booked&) const = default;
};

FateCounts times(const FateCounts& counts, std::int64_t amount) {
  return {counts.settled * amount, counts.unknown * amount, counts.cancelled * amount};
}

}  // namespace

void FateCounts::add(Fate fate) {
  if (fate == Fate::settled) {
    ++settled;
  } else {
    ++(fate == Fate::cancelled ? cancelled : unknown);
  }
}

FateCounts& FateCounts::operator+=(const FateCounts& more) {
  settled += more.settled;
  unknown += more.unknown;
  cancelled += more.cancelled;
  return *this;
}

RedisGroup::RedisGroup(const base::Executor& executor, const Admission& admission, WallTime now,
                       Bookings& bookings)
    : asked(admission.charges), done(executor, base::SteadyTime::max()) {
  charges.reserve(asked.size());
  for (const Charge& charge : asked) {
    charges.emplace_back(charge, admission.tenant, now, bookings);
    spends = spends || charge.quota->is_budget();
  }
}

bool RedisGroup::fits(const Admission& admission) const {
  return !looks && std::equal(asked.begin(), asked.end(), admission.charges.begin(),
                              admission.charges.end(), same);
}

void RedisGroup::decide(base::Error why) {
  error = std::move(why);
  decided = true;
  done.cancel();
}

void RedisBatch::add(std::shared_ptr<RedisGroup> group) {
  std::vector<std::size_t>& places = group_places_.emplace_back();
  for (const RedisCharge& charge : group->charges) {
    const auto [found, is_new] =
        places_.try_emplace(charge.keys.bytes() + charge.terms.bytes(), buckets_.size());
    if (is_new) buckets_.push_back(&charge);
    places.push_back(found->second);
  }
  groups_.push_back(std::move(group));
}

void RedisBatch::add(std::shared_ptr<RedisTaken> ended) {
  const FateCounts counts = std::exchange(ended->untold, {});
  parts_ended_ += ended->parts.size();
  ended_.push_back({std::move(ended), counts});
}

std::size_t RedisBatch::calls() const {
  std::int64_t calls = 0;
  for (const auto& group : groups_) calls += group->count;
  return static_cast<std::size_t>(calls);
}

base::RedisArguments RedisBatch::arguments(const std::string& tenant, const RedisSender& sender,
                                           WallTime now) const {
  std::map<Booked, FateCounts> ends;
  for (const Ended& ended : ended_) {
    for (const RedisTaken::Part& part : ended.taken->parts) {
      ends[{part.key, part.start, part.is_slot}] += times(ended.counts, part.amount);
    }
  }
  base::RedisArguments keys, numbers;
  keys.add(store_key).add(nodes_key(tenant)).add(record_key(tenant, sender.node));
  numbers.add(sender.node).add(static_cast<std::int64_t>(sender.generation));
  numbers.add(static_cast<std::int64_t>(number_)).add(sender.epoch).add(seconds_of(now));
  numbers.add(static_cast<std::int64_t>(ends.size()));
  numbers.add(static_cast<std::int64_t>(buckets_.size())).add(static_cast<std::int64_t>(calls()));
  for (const auto& [booked, counts] : ends) {
    keys.add(booked.key);
    if (booked.is_slot) {
      numbers.add("");
    } else {
      numbers.add(booked.start);
    }
    numbers.add(counts.settled).add(counts.unknown).add(counts.cancelled);
  }
  for (const RedisCharge* bucket : buckets_) {
    keys.append(bucket->keys);
    numbers.append(bucket->terms);
  }
  for (std::size_t at = 0; at < groups_.size(); ++at) {
    const RedisGroup& group = *groups_[at];
    numbers.add(wanted(group)).add(static_cast<std::int64_t>(group.charges.size()));
    for (std::size_t charge = 0; charge < group.charges.size(); ++charge) {
      numbers.add(static_cast<std::int64_t>(group_places_[at][charge]) + 1);
      numbers.add(group.charges[charge].amount).add(word_for(group.asked[charge].excess));
    }
  }
  base::RedisArguments all;
  all.add(static_cast<std::int64_t>(keys.count())).append(keys).append(numbers);
  return all;
}

// The numbers of a reply, in the order in which batch_script writes them.
class RedisBatch::Decisions final {
 public:
  Decisions(const RedisBatch& batch, const base::RedisReply& reply)
      : batch_(batch), numbers_(reply.list), at_(batch.buckets_.size()) {}

  bool complete() const { return !broken_ && at_ == numbers_.size(); }

  /// Reads what is said of the next group; undecided when it must be sent alone.
  std::int64_t read(RedisGroup& group) {
    group.admitted = next();
    if (group.admitted > wanted(group) || group.admitted < undecided) broken_ = true;
    const bool all = !group.looks && group.admitted == group.count;
    if (group.admitted != undecided && !all) read_refusals(group);
    return group.admitted;
  }

  std::shared_ptr<RedisTaken> taken(std::size_t group) const {
    auto taken = std::make_shared<RedisTaken>();
    taken->registration = batch_.registration_;
    const std::vector<RedisCharge>& charges = batch_.groups_[group]->charges;
    for (std::size_t at = 0; at < charges.size(); ++at) {
      const RedisCharge& charge = charges[at];
      if (charge.kind == RedisCharge::Kind::rate || charge.amount == 0) continue;
      const std::int64_t start = numbers_[batch_.group_places_[group][at]].integer;
      taken->parts.push_back(
          {charge.key, start, charge.amount, charge.kind == RedisCharge::Kind::slots});
    }
    return taken;
  }

 private:
  void read_refusals(RedisGroup& group) {
    const auto charges = static_cast<std::int64_t>(group.charges.size());
    const std::int64_t count = next();
    if (count < (group.looks ? 0 : 1) || count > charges) broken_ = true;
    group.refusals.clear();
    while (!broken_ && static_cast<std::int64_t>(group.refusals.size()) < count) {
      RedisRefusal& refusal = group.refusals.emplace_back();
      refusal.charge = next();
      refusal.used = next();
      refusal.wait = next();
      refusal.resets = next();
      if (refusal.charge < 1 || refusal.charge > charges) broken_ = true;
    }
  }
  std::int64_t next() {
    if (at_ < numbers_.size() && numbers_[at_].type == base::RedisReply::Type::integer) {
      return numbers_[at_++].integer;
    }
    broken_ = true;
    return 0;
  }

  const RedisBatch& batch_;
  const std::vector<base::RedisReply>& numbers_;
  std::size_t at_;
  bool broken_ = false;
};

bool RedisBatch::settle(const base::RedisReply& reply) {
  Decisions decisions(*this, reply);
  for (const auto& group : groups_) decisions.read(*group);
  if (!decisions.complete()) return false;
  for (std::size_t at = 0; at < groups_.size(); ++at) {
    RedisGroup& group = *groups_[at];
    if (group.admitted == undecided) {
      group.alone = true;
      continue;
    }
    group.taken = decisions.taken(at);
    group.decided = true;
    group.done.cancel();
  }
  return true;
}

std::vector<std::shared_ptr<RedisTaken>> RedisBatch::take_back() {
  std::vector<std::shared_ptr<RedisTaken>> untold;
  for (Ended& ended : ended_) {
    ended.taken->untold += ended.counts;
    untold.push_back(std::move(ended.taken));
  }
  ended_.clear();
  return untold;
}

std::vector<std::shared_ptr<RedisTaken>> RedisBatch::cancel(const base::RedisReply& reply) {
  std::vector<std::shared_ptr<RedisTaken>> cancelled;
  Decisions decisions(*this, reply);
  for (std::size_t at = 0; at < groups_.size(); ++at) {
    const std::int64_t admitted = decisions.read(*groups_[at]);
    if (admitted <= 0) continue;
    cancelled.push_back(decisions.taken(at));
    cancelled.back()->untold.cancelled = admitted;
  }
  return decisions.complete() ? cancelled : decltype(cancelled)();
}

}  // namespace policies::ledger
