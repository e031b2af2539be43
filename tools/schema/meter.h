#pragma once

#include <cstddef>

namespace tools::schema {

/// Why a validation was given up. Whatever the reason, the instance is then not valid: fail closed.
enum class Exhausted { no, steps, hops, depth };

/// The work that one validation may still do. Once exhausted it stays so: a `not` cannot turn it
/// into success.
class Meter {
 public:
  explicit Meter(std::size_t steps) : left_(steps) {}

  /// Takes `steps`; false when they are not there.
  bool charge(std::size_t steps) {
    if (steps <= left_) return left_ -= steps, true;
    exhaust(Exhausted::steps);
    return false;
  }

  void exhaust(Exhausted why) {
    left_ = 0;
    if (why_ == Exhausted::no) why_ = why;
  }

  Exhausted exhausted() const { return why_; }
  explicit operator bool() const { return why_ == Exhausted::no; }

 private:
  std::size_t left_;
  Exhausted why_ = Exhausted::no;
};

/// Text costs a step per so many bytes when it is compared or hashed.
inline constexpr std::size_t text_bytes_per_step = 64;

}  // namespace tools::schema
