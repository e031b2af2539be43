#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http_head.h"
#include "gateway/admin_routes.h"
#include "gateway/key_refresher.h"
#include "gateway/key_store.h"
#include "gateway/pipeline/principal.h"
#include "gateway/pipeline/snapshot.h"

namespace gateway {

/// Since the epoch, as the lives of keys are counted.
std::int64_t seconds_now();

/// Says who a request is from, by its head alone: nothing of a stranger's request is parsed.
/// Thread-safe.
class Authenticator {
 public:
  /// `keys` null: the configuration has no policies, and everybody (on loopback) is the agent
  /// `local`.
  /// Without `refresher` a new key is known when somebody has refreshed the store.
  Authenticator(const KeyStore* keys, const pipeline::CurrentSnapshot& snapshot,
                KeyRefresher* refresher = nullptr)
      : keys_(keys), snapshot_(snapshot), refresher_(refresher) {}

  /// nullopt: no key, or one that is malformed, unknown, expired, revoked or a person's, or whose
  /// agent the policy does not name. `now` is in seconds since the epoch.
  std::optional<pipeline::Principal> authenticate(const base::HttpFields& fields,
                                                  std::int64_t now) const;

  /// The same for the admin listener: nullopt for an agent's key as well, and without keys for
  /// everybody. `policy` says who people are, and outlives what is returned.
  std::optional<AdminPeer> authenticate_person(const base::HttpFields& fields, std::int64_t now,
                                               const policies::Policy& policy) const;
  /// Why somebody who was authenticated would not be any more; nullopt: he still would.
  std::optional<std::string_view> objection(const pipeline::Principal& principal,
                                            std::int64_t now) const;

  /// For a key that may have been made just now: takes over what is new in the store. False when
  /// there is nothing to hope for. Strangers who try keys cost the store a bounded number of looks.
  base::Task<bool> look_for_news(const base::HttpFields& fields) const;

  /// Whether no key can be checked, because their store has not answered for too long.
  bool store_away() const { return keys_ != nullptr && keys_->away(); }

 private:
  const KeyStore* keys_;
  const pipeline::CurrentSnapshot& snapshot_;
  KeyRefresher* refresher_;
};

}  // namespace gateway
