#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "policies/policy.h"
#include "tools/catalog.h"
#include "tools/upstreams.h"

namespace gateway::pipeline {

/// Everything that decides about a call. Immutable; a call keeps the one it started with (design
/// §2.13).
struct Snapshot {
  std::shared_ptr<const policies::Policy> policy;
  std::shared_ptr<const tools::Catalog> catalog;
  std::vector<policies::Effect> effects;  ///< of the catalog's entries, in their order
  /// Where the calls go; kept alive by the calls that may still go there.
  std::shared_ptr<const tools::UpstreamSet> upstreams;

  /// `entry` must be one of this catalog.
  policies::Effect effect_of(const tools::CatalogEntry& entry) const {
    return effects[static_cast<std::size_t>(&entry - catalog->entries().data())];
  }
};

/// The arguments in which the policy's `keyed` tools, of those that the servers offer, take their
/// keys.
tools::KeyArguments key_arguments(
    const policies::Policy& policy,
    const std::vector<std::shared_ptr<const tools::ServerTools>>& servers);

/// Puts policy and catalog, made with its keys, together and classifies every tool: by policy's
/// word, else by the annotations of a trusted server, else as non-idempotent (design §2.7).
std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const policies::Policy> policy,
                                              std::shared_ptr<const tools::Catalog> catalog,
                                              std::shared_ptr<const tools::UpstreamSet> upstreams);

/// Where the current snapshot is found. Thread-safe. A mutex, because ThreadSanitizer reports
/// libstdc++'s std::atomic<std::shared_ptr> as a race.
class CurrentSnapshot {
 public:
  using Pointer = std::shared_ptr<const Snapshot>;
  /// Is told of each change, in the order in which they happen, on the thread that made it; calls
  /// find `after` by then. `before` is null the first time. It must neither wait nor set, subscribe
  /// or unsubscribe; work of its own belongs on its own loop.
  using Observer = std::function<void(const Pointer& before, const Pointer& after)>;

  /// As long as it lives, its observer is told; when it is gone, no call to the observer is under
  /// way. The CurrentSnapshot outlives it.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {
      place_ = other.place_;
    }
    Subscription& operator=(Subscription&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(place_, other.place_);
      return *this;
    }
    ~Subscription() {
      if (owner_ != nullptr) owner_->remove(place_);
    }

   private:
    friend class CurrentSnapshot;
    Subscription(CurrentSnapshot& owner, std::list<Observer>::iterator place)
        : owner_(&owner), place_(place) {}

    CurrentSnapshot* owner_ = nullptr;
    std::list<Observer>::iterator place_;
  };

  Pointer get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  void set(Pointer snapshot);
  [[nodiscard]] Subscription subscribe(Observer observer);

 private:
  void remove(std::list<Observer>::iterator place);

  mutable std::mutex mutex_;
  Pointer snapshot_;               // guarded by mutex_
  std::mutex order_;               // taken before mutex_: one change after the other
  std::list<Observer> observers_;  // guarded by order_
};

}  // namespace gateway::pipeline
