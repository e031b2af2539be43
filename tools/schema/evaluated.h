#pragma once

#include <cstddef>

#include "tools/schema/small_bits.h"

namespace tools::schema {

/// Which members or items of one instance were evaluated by adjacent keywords, by position: what
/// `unevaluatedProperties` and `unevaluatedItems` (Core §11) leave out.
class Evaluated {
 public:
  explicit Evaluated(std::size_t size) : bits_(size) {}

  void mark(std::size_t position) { bits_.set(position); }
  void mark_all() { bits_.set_all(); }
  bool has(std::size_t position) const { return bits_.has(position); }
  void merge(const Evaluated& other) { bits_.merge(other.bits_); }
  std::size_t size() const { return bits_.size(); }

  /// What making and merging one costs.
  static std::size_t steps(std::size_t size) { return SmallBits::words_of(size); }

 private:
  SmallBits bits_;
};

}  // namespace tools::schema
