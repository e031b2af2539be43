#pragma once

#include <string>
#include <vector>

#include "policies/ledger/clock.h"
#include "policies/ledger/ledger.h"

namespace policies::ledger {

/// What a script is given.
struct RedisCall {
  std::vector<std::string> keys, arguments;
};

/// The keys that hold the calls of a tenant, as every script takes them first.
std::vector<std::string> hold_keys(const std::string& tenant);

/// For admit_script.
RedisCall admit_call(const Admission& admission, std::chrono::milliseconds lease,
                     const Clock& clock);

/// The key of a budget's bucket, taken apart; an empty name when `key` is none.
std::string bucket_of_key(const std::string& key);
extern const char* const budget_key_pattern;

}  // namespace policies::ledger
