#pragma once

#include <atomic>

namespace base {

/// One bound, which may be replaced while others read it: they see the old value or the new one.
/// Reading it costs no more than reading a plain value.
template <class T>
class Bound {
 public:
  constexpr Bound(T value) : value_(value) {}
  Bound(const Bound& other) : value_(other.get()) {}
  Bound& operator=(const Bound& other) { return *this = other.get(); }
  Bound& operator=(T value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

  T get() const { return value_.load(std::memory_order_relaxed); }
  operator T() const { return get(); }

 private:
  static_assert(std::atomic<T>::is_always_lock_free);
  std::atomic<T> value_;
};

}  // namespace base
