#include "base/line_reader.h"

#include <utility>

namespace base {
namespace {

constexpr std::size_t kept_of_long_lines = 256;

}  // namespace

void LineReader::feed(std::string_view bytes) {
  if (skipping_) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    skipping_ = false;
  }
  if (start_ == buffer_.size()) {
    buffer_.clear();
    start_ = scanned_ = 0;
  }
  buffer_.append(bytes);
}

std::optional<Line> LineReader::next() {
  const std::size_t end = buffer_.find('\n', scanned_);
  if (end != std::string::npos) {
    Line line = take(end - start_);
    start_ = scanned_ = end + 1;
    return line;
  }
  if (buffer_.size() - start_ > longest_) {
    Line line = take(buffer_.size() - start_);
    buffer_ = {};
    start_ = scanned_ = 0;
    skipping_ = true;
    return line;
  }
  buffer_.erase(0, start_);
  start_ = 0;
  scanned_ = buffer_.size();
  return std::nullopt;
}

std::optional<Line> LineReader::rest() {
  if (start_ == buffer_.size()) return std::nullopt;
  Line line = take(buffer_.size() - start_);
  buffer_.clear();
  start_ = scanned_ = 0;
  return line;
}

Line LineReader::take(std::size_t length) {
  if (length > longest_) return {buffer_.substr(start_, kept_of_long_lines), true};
  if (length > 0 && buffer_[start_ + length - 1] == '\r') --length;
  return {buffer_.substr(start_, length), false};
}

}  // namespace base
