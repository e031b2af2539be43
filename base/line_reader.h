#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// One line without its end (LF or CRLF).
struct Line {
  std::string text;
  bool cut = false;  ///< it was longer than allowed: `text` is its beginning, the rest is dropped
};

/// Cuts a stream of bytes into lines; the same lines come out however the bytes are cut. Memory is
/// bounded by the longest line and one piece. Not thread-safe.
class LineReader {
 public:
  explicit LineReader(std::size_t longest) : longest_(longest) {}

  void feed(std::string_view bytes);
  /// The next line; nullopt when more bytes are needed. A line that is too long is reported as soon
  /// as that shows.
  std::optional<Line> next();
  /// At the end of the stream: what stands behind the last line end.
  std::optional<Line> rest();

 private:
  Line take(std::size_t length);

  std::size_t longest_;
  std::string buffer_;
  std::size_t start_ = 0;    // of the next line
  std::size_t scanned_ = 0;  // no line end before this
  bool skipping_ = false;    // the rest of a line that was too long
};

}  // namespace base
