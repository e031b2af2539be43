#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "policies/ledger/window.h"

namespace policies::ledger {

/// One bound of a policy, ready to be counted against. An entry under `limits` with rate and
/// concurrency is two quotas, a budget of money and calls as well.
struct Quota {
  enum class Kind { rate, concurrency, money, calls };

  Kind kind = Kind::calls;
  std::string name;  ///< for people, e.g. `writer/daily`
  /// What the counters belong to, e.g. `role/writer/daily/calls`: neither a place in a file nor a
  /// value, so that a changed limit keeps what was spent.
  std::string id;
  std::vector<std::string> former;  ///< ids before it was renamed (`was:`)
  std::int64_t limit = 0;  ///< calls per period, calls at once, nano-units, or calls per window

  std::chrono::nanoseconds period{0};  ///< of a rate
  std::int64_t burst = 0;              ///< of a rate: calls at once, at least 1

  Window window;         ///< of a budget
  bool asks = false;     ///< of a budget: people may let a call go over it
  std::string currency;  ///< of a budget of money

  bool is_budget() const { return kind == Kind::money || kind == Kind::calls; }
};

/// What becomes of a call for which a bucket has no room.
enum class Excess {
  refuse,
  ask,    ///< of a budget: people are asked
  allow,  ///< of a budget: they agreed, and it is taken all the same: a declared overrun
};

/// What one call takes of one bucket.
struct Charge {
  const Quota* quota = nullptr;
  std::string scope;        ///< whose bucket, e.g. `agent:researcher`
  std::int64_t amount = 1;  ///< calls, or nano-units
  Excess excess = Excess::refuse;

  /// The name of the bucket's counter.
  std::string key() const;
  static std::string key_of(const std::string& quota_id, const std::string& scope);
};

/// The key's two parts; an empty scope when `key` is none.
struct BucketName {
  std::string quota_id, scope;
};
BucketName parse_bucket(const std::string& key);

}  // namespace policies::ledger
