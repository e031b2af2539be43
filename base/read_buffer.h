#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace base {

/// Bytes that came in and were not used yet. Unlike a string it does not clear memory that a read
/// is about to fill, and taking from the front moves nothing.
class ReadBuffer {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  /// Room for `count` bytes behind what is there; valid until the next call.
  char* prepare(std::size_t count) {
    if (capacity_ - end_ < count) make_room(count);
    return bytes_.get() + end_;
  }
  /// The first `count` bytes of that room have been filled.
  void commit(std::size_t count) { end_ += count; }
  /// Drops `count` bytes from the front.
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

 private:
  void make_room(std::size_t count) {
    const std::size_t used = size();
    if (capacity_ - used >= count) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      capacity_ = std::max(used + count, 2 * used);
      auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
      if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
      bytes_ = std::move(larger);
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace base
