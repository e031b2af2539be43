#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tools::schema {

/// Which members or items of one instance were evaluated by adjacent keywords, by position: what
/// `unevaluatedProperties` and `unevaluatedItems` (Core §11) leave out.
class Evaluated {
 public:
  static constexpr std::size_t word_bits = 64;

  explicit Evaluated(std::size_t size) : size_(size), words_((size + word_bits - 1) / word_bits) {}

  void mark(std::size_t position) { words_[position / word_bits] |= bit(position); }
  void mark_all() { std::fill(words_.begin(), words_.end(), ~std::uint64_t{0}); }
  bool has(std::size_t position) const {
    return (words_[position / word_bits] & bit(position)) != 0;
  }
  std::size_t size() const { return size_; }

  /// What making and merging one costs.
  static std::size_t steps(std::size_t size) { return size / word_bits; }

  void merge(const Evaluated& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }

 private:
  static std::uint64_t bit(std::size_t position) {
    return std::uint64_t{1} << (position % word_bits);
  }

  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

}  // namespace tools::schema
