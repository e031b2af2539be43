#include "policies/ledger/quota.h"

namespace policies::ledger {
namespace {

// No name, pattern or agent holds a blank.
constexpr char separator = ' ';

}  // namespace

std::string Charge::key_of(const std::string& quota_id, const std::string& scope) {
  std::string key;
  key.reserve(quota_id.size() + 1 + scope.size());
  return key.append(quota_id).append(1, separator).append(scope);
}

std::string Charge::key() const { return key_of(quota->id, scope); }

BucketName parse_bucket(const std::string& key) {
  const std::size_t at = key.find(separator);
  if (at == std::string::npos) return {key, {}};
  return {key.substr(0, at), key.substr(at + 1)};
}

}  // namespace policies::ledger
