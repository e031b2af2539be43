#pragma once

#include <functional>
#include <utility>

namespace base {

/// Asks what works for one request to end it early. Whoever waits for something that can be cut
/// short says how with a CancellationScope, and looks at requested() before it begins. Belongs to
/// one event loop.
class Cancellation {
 public:
  bool requested() const { return requested_; }

  /// Cuts short what is being waited for, if anything; only the first time counts.
  void request() {
    if (std::exchange(requested_, true)) return;
    if (cut_short_) std::exchange(cut_short_, nullptr)();
  }

  /// Begins anew, for the next request.
  void reset() {
    requested_ = false;
    cut_short_ = nullptr;
  }

 private:
  friend class CancellationScope;
  std::function<void()> cut_short_;
  bool requested_ = false;
};

/// While it lives, a request to cancel calls `cut_short` once. One at a time. A null cancellation
/// is one that never comes.
class CancellationScope {
 public:
  CancellationScope(Cancellation* cancellation, std::function<void()> cut_short)
      : cancellation_(cancellation) {
    if (cancellation_ != nullptr) cancellation_->cut_short_ = std::move(cut_short);
  }
  ~CancellationScope() {
    if (cancellation_ != nullptr) cancellation_->cut_short_ = nullptr;
  }
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

 private:
  Cancellation* cancellation_;
};

}  // namespace base
