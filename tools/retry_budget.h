#pragma once

#include <atomic>

namespace tools {

/// How many calls to one server may be repeated: a tenth of those that were made, so that a server
/// in trouble gets no more than that on top. Thread-safe.
class RetryBudget {
 public:
  /// A call was made.
  void earn() {
    if (tenths_.load(std::memory_order_relaxed) < most) tenths_.fetch_add(1, std::memory_order_relaxed);
  }
  /// Whether a repetition may be made; takes its price.
  bool spend() {
    int tenths = tenths_.load(std::memory_order_relaxed);
    while (tenths >= price) {
      if (tenths_.compare_exchange_weak(tenths, tenths - price, std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  static constexpr int price = 10, most = 100;
  std::atomic<int> tenths_{most};
};

}  // namespace tools
