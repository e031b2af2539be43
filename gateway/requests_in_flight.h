#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/pipeline/principal.h"
#include "mcp/jsonrpc.h"

namespace gateway {

/// Requests of legacy clients that can be cancelled by notifications/cancelled, or by ending their
/// session. An id alone is worth nothing: it is looked up together with tenant, agent and session
/// (invariant 7). Thread-safe.
class RequestsInFlight {
 private:
  using Table = std::multimap<std::string, std::function<void()>>;  // a session's stand together

 public:
  /// As long as it lives, its request can be cancelled.
  class Entry {
   public:
    Entry(RequestsInFlight& owner, Table::iterator place) : owner_(&owner), place_(place) {}
    Entry(Entry&& other) noexcept : owner_(other.owner_), place_(other.place_) {
      other.owner_ = nullptr;
    }
    Entry& operator=(Entry&&) = delete;
    ~Entry() {
      if (owner_ != nullptr) owner_->remove(place_);
    }

   private:
    RequestsInFlight* owner_;
    Table::iterator place_;
  };

  /// `cancel` may be called from any thread, even when the request is over; it must not wait.
  [[nodiscard]] Entry add(const pipeline::Principal& owner, std::string_view session,
                          const mcp::Id& id, std::function<void()> cancel);
  /// Cancels this owner's request in this session, if there is one.
  void cancel(const pipeline::Principal& owner, std::string_view session, const mcp::Id& id);
  /// Cancels all that this owner asked in this session.
  void cancel_all(const pipeline::Principal& owner, std::string_view session);

 private:
  void remove(Table::iterator place);

  std::mutex mutex_;
  Table table_;  // guarded by mutex_
};

}  // namespace gateway
