#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "policies/policy.h"
#include "tools/catalog.h"

namespace gateway::pipeline {

/// Everything that decides about a call. Immutable; a call keeps the one it started with (design
/// §2.13).
struct Snapshot {
  std::shared_ptr<const policies::Policy> policy;
  std::shared_ptr<const tools::Catalog> catalog;
  std::vector<policies::Effect> effects;  ///< of the catalog's entries, in their order

  /// `entry` must be one of this catalog.
  policies::Effect effect_of(const tools::CatalogEntry& entry) const {
    return effects[static_cast<std::size_t>(&entry - catalog->entries().data())];
  }
};

/// Puts policy and catalog together and classifies every tool: by policy's word, else by the
/// annotations of a trusted server, else as non-idempotent (design §2.7).
std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const policies::Policy> policy,
                                              std::shared_ptr<const tools::Catalog> catalog);

/// Where the current snapshot is found. Thread-safe. A mutex, because ThreadSanitizer reports
/// libstdc++'s std::atomic<std::shared_ptr> as a race.
class CurrentSnapshot {
 public:
  std::shared_ptr<const Snapshot> get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  void set(std::shared_ptr<const Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_
};

}  // namespace gateway::pipeline
