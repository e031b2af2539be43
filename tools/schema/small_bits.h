#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tools::schema {

/// A row of bits, all unset at first. Does not allocate for as many as tools have in practice.
class SmallBits {
 public:
  explicit SmallBits(std::size_t size) : size_(size) {
    if (words_of(size) > few_.size()) many_.resize(words_of(size));
  }

  void set(std::size_t position) { words()[position / word_bits] |= bit(position); }
  bool has(std::size_t position) const {
    return (words()[position / word_bits] & bit(position)) != 0;
  }
  void set_all() { std::fill_n(words(), words_of(size_), ~std::uint64_t{0}); }
  void merge(const SmallBits& other) {
    for (std::size_t i = 0; i < words_of(size_); ++i) words()[i] |= other.words()[i];
  }
  std::size_t size() const { return size_; }

  static constexpr std::size_t words_of(std::size_t size) {
    return (size + word_bits - 1) / word_bits;
  }

 private:
  static constexpr std::size_t word_bits = 64;

  static std::uint64_t bit(std::size_t position) {
    return std::uint64_t{1} << (position % word_bits);
  }
  std::uint64_t* words() { return many_.empty() ? few_.data() : many_.data(); }
  const std::uint64_t* words() const { return many_.empty() ? few_.data() : many_.data(); }

  std::size_t size_;
  std::array<std::uint64_t, 4> few_{};
  std::vector<std::uint64_t> many_;
};

}  // namespace tools::schema
