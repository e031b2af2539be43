#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/http_head.h"
#include "gateway/key_store.h"
#include "gateway/pipeline/principal.h"
#include "gateway/pipeline/snapshot.h"

namespace gateway {

/// Says who a request is from, by its head alone: nothing of a stranger's request is parsed.
/// Thread-safe.
class Authenticator {
 public:
  /// `keys` null: the configuration has no policies, and everybody (on loopback) is the agent
  /// `local`.
  Authenticator(const KeyStore* keys, const pipeline::CurrentSnapshot& snapshot)
      : keys_(keys), snapshot_(snapshot) {}

  /// nullopt: no key, or one that is malformed, unknown, expired or revoked, or whose agent the
  /// policy does not name. `now` is in seconds since the epoch.
  std::optional<pipeline::Principal> authenticate(const base::HttpFields& fields,
                                                  std::int64_t now) const;

 private:
  const KeyStore* keys_;
  const pipeline::CurrentSnapshot& snapshot_;
};

}  // namespace gateway
