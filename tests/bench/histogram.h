#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace bench {

/// Latencies in log-linear buckets: 128 per power of two, so that a percentile is off by less than
/// 0.8 %.
class Histogram {
 public:
  void record(std::chrono::nanoseconds value) {
    ++buckets_.at(index(static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0))));
    ++count_;
  }

  std::uint64_t count() const { return count_; }

  /// The lower edge, in microseconds, of the bucket that holds the value at `share` (0…1) of all.
  double percentile(double share) const {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(lower_edge(i)) / 1000.0;
    }
    return 0;
  }

 private:
  static constexpr std::size_t steps = 128;

  static std::size_t index(std::uint64_t value) {
    if (value < steps) return static_cast<std::size_t>(value);
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 8;
    return (shift + 1) * steps + static_cast<std::size_t>(value >> shift) - steps;
  }

  static std::uint64_t lower_edge(std::size_t index) {
    if (index < steps) return index;
    return static_cast<std::uint64_t>(steps + index % steps) << (index / steps - 1);
  }

  std::array<std::uint64_t, 58 * steps> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace bench
