#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/journal.h"
#include "policies/ledger/budget_counter.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/ledger.h"

namespace policies::ledger {

class MemoryHold;

/// One row of what the journal says was spent.
struct StoredSpending {
  std::string bucket;
  std::int64_t window = 0, window_end = 0;
  Amounts amounts;
};

/// The ledger of one process: decisions in memory, in one critical section; spending in the
/// journal, in blocks or with intents (design §2.6). Rates and slots do not survive the process,
/// nor do the calls that hold them.
class MemoryLedger final : public Ledger {
 public:
  /// `stored` is what the journal holds, by time; what it shows as held or in a block was left by a
  /// stop that was not clean. The journal and the clock outlive the ledger.
  MemoryLedger(base::Journal& journal, const Clock& clock,
               const std::vector<StoredSpending>& stored = {});
  /// Tells the journal the rest, and gives blocks back. No hold may be left.
  ~MemoryLedger() override;

  base::Task<base::Result<Verdict>> admit(Admission admission) override;
  base::Task<base::Result<std::vector<Refusal>>> look(std::string tenant,
                                                      std::vector<Charge> charges) override;
  base::Task<base::Result<std::vector<BucketUse>>> usage() override;
  /// Nothing is lost while it runs: a start refuses a table of spending that was.
  base::Task<base::Status> accept_loss() override { co_return base::Status{}; }
  /// Its store is never away.
  void set_store_down(StoreDown) override {}

 private:
  friend class MemoryHold;

  struct Bucket {
    std::chrono::nanoseconds arrival{0};  // of a rate
    std::int64_t in_flight = 0;           // of a concurrency
    // Shared by a bucket that was renamed and its former name, under which calls that began before
    // may still hold and take.
    std::shared_ptr<BudgetCounter> budget;
  };
  // Both clocks, read once per decision.
  struct Instant {
    WallTime wall;
    std::chrono::nanoseconds steady;
  };
  struct Fetch {
    BudgetCounter* counter;
    std::int64_t start;
  };
  // What the critical section decided; the rest happens outside of it.
  struct Step {
    Instant now;
    std::unique_ptr<MemoryHold> hold;
    std::optional<Refusal> refusal;
    std::vector<Refusal> exceeded;  // budgets that ask
    std::vector<Fetch> fetches;
    bool waits = false;  // for the journal, before the call may go on
  };

  base::Result<Step> decide(const Admission& admission);
  Instant now() const { return {clock_.wall(), clock_.steady() - origin_}; }
  base::Result<std::vector<Bucket*>> find_buckets(const std::vector<Charge>& charges,
                                                  const Instant& now, const std::string& call);
  Bucket& bucket_of(const Charge& charge, const Instant& now, std::vector<SpendingChange>& renames);
  void adopt_former(const Charge& charge, Bucket& bucket, std::vector<SpendingChange>& renames);
  std::optional<Refusal> check(const Charge& charge, const Instant& now, Bucket& bucket) const;
  base::Status pay_room_back(const std::vector<Bucket*>& buckets, const std::string& call);
  base::Status take(const Admission& admission, const std::vector<Bucket*>& buckets, Step& step);
  void take_of_budget(const Charge& charge, BudgetCounter& counter, Step& step,
                      std::vector<SpendingChange>& holds);
  base::Status tell(Step& step, std::vector<SpendingChange> holds);
  void finish_fetches(const std::vector<Fetch>& fetches, bool durable);
  base::Task<void> await_fetches(std::vector<Fetch> fetches);
  /// `spent`: of each part no more than this is charged.
  std::vector<base::JournalEntry> resolve(MemoryHold& hold, Fate fate,
                                          std::optional<std::int64_t> spent);

  base::Journal& journal_;
  const Clock& clock_;
  const std::chrono::steady_clock::time_point origin_;

  std::mutex mutex_;  // guards buckets_ and all that they hold
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace policies::ledger
