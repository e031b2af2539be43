#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/journal.h"
#include "base/result.h"
#include "base/task.h"
#include "policies/ledger/quota.h"

namespace policies::ledger {

/// How a hold ends.
enum class Fate {
  settled,    ///< the call was carried out: charged
  unknown,    ///< it may have been carried out: charged, and counted as such
  cancelled,  ///< nothing was sent, or the server certainly did not begin: given back
};

std::string_view to_string(Fate fate);

/// Everything that one call takes, decided in one step.
struct Admission {
  std::string tenant;
  std::string call;  ///< the request's id: names the hold
  std::vector<Charge> charges;
  /// The hold will be part of the intent's commit (Hold::entries), so that a crash forfeits
  /// nothing.
  bool with_intent = false;
};

/// Which bucket said no. Nothing was taken from any.
struct Refusal {
  Quota::Kind kind = Quota::Kind::calls;
  std::string rule;   ///< the quota's name, e.g. `writer/daily`
  std::string quota;  ///< its id
  std::string currency;
  std::int64_t limit = 0;
  std::int64_t used = 0;  ///< spent and held
  std::int64_t remaining = 0;
  std::int64_t amount = 0;                   ///< what the call would have taken
  std::chrono::nanoseconds period{0};        ///< of a rate
  std::chrono::milliseconds retry_after{0};  ///< until the same call may be admitted, at least
  std::optional<WallTime> resets;            ///< of a budget: when the oldest spending is forgotten
};

/// Nothing refuses, but budgets that ask have no room; what each of them says. Nothing was taken
/// from any bucket.
struct Exceeded {
  std::vector<Refusal> budgets;
};

/// What the charge's quota says of itself, and `used`; when to come back is left open.
Refusal refusal_of(const Charge& charge, std::int64_t used);

/// What an admitted call holds: slots, and money and calls of budgets. Resolves exactly once: by
/// resolve(), or as Fate::unknown when it goes without. Belongs to its call: not thread-safe.
class Hold {
 public:
  virtual ~Hold() = default;
  /// What belongs into the commit of the intent. Call committed() when that has succeeded.
  virtual std::vector<base::JournalEntry> entries() const = 0;
  virtual void committed() = 0;
  /// Ends the hold; what it returns belongs into the commit of the call's outcome. Later calls
  /// change nothing and return nothing.
  virtual std::vector<base::JournalEntry> resolve(Fate fate) = 0;
  /// The same for what cost less than it might have: ends the hold as settled, with `spent` of each
  /// charge (at least 0, at most what is held), and gives the rest back.
  virtual std::vector<base::JournalEntry> settle(std::int64_t spent) = 0;
};

using Verdict = std::variant<std::unique_ptr<Hold>, Refusal, Exceeded>;

/// What has been spent of one bucket in its window.
struct BucketUse {
  std::string key;  ///< Charge::key
  std::int64_t settled = 0, unknown = 0, forfeited = 0, held = 0;
  WallTime start, end;  ///< of the window; of a rolling one the part that is booked now

  std::int64_t used() const { return settled + unknown + forfeited + held; }
};

/// What decides while a store that is not part of the process is away (`store_down`). Budgets are
/// always refused then.
struct StoreDown {
  bool local_limits = true;  ///< rates and slots are counted by this process alone
};

/// Counts what calls take of limits and budgets (design §2.6): `used ≤ limit` at every instant,
/// whatever runs at once, but for what Excess::allow took. Thread-safe.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Takes all charges or none. An admission with `with_intent` is not durable yet; any other is
  /// when this returns. Code::unavailable: the store did not answer, and nothing was taken.
  virtual base::Task<base::Result<Verdict>> admit(Admission admission) = 0;

  /// Which of these charges of budgets find no room now, each by itself, and what their budgets
  /// say. Takes nothing. Code::unavailable: the store did not answer.
  virtual base::Task<base::Result<std::vector<Refusal>>> look(std::string tenant,
                                                              std::vector<Charge> charges) = 0;

  /// The buckets of budgets that hold anything, in no order.
  virtual base::Task<base::Result<std::vector<BucketUse>>> usage() = 0;

  /// Takes the store as it is after it lost what was spent, until when budgets are refused.
  virtual base::Task<base::Status> accept_loss() = 0;

  /// From now on. From any thread.
  virtual void set_store_down(StoreDown store_down) = 0;
};

}  // namespace policies::ledger
