#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

/// Decodes a chunked body (RFC 9112 §7.1) as bytes arrive. Strict: CRLF line ends only, at most 16
/// hex digits, chunk extensions and trailers are skipped within a bound.
class ChunkedDecoder {
 public:
  /// Takes bytes from the front of `input`, appends content to `out`, and stops behind the last
  /// chunk or once `out` holds `limit` bytes. Returns how many bytes were taken. Code::invalid for
  /// anything malformed.
  Result<std::size_t> feed(std::string_view input, std::string& out, std::size_t limit);
  bool done() const { return state_ == State::done; }

 private:
  enum class State {
    size,
    extension,
    size_newline,
    data,
    data_return,
    data_newline,
    trailer,
    done
  };
  Status take(char c);

  State state_ = State::size;
  std::size_t remaining_ = 0;
  std::size_t digits_ = 0;
  std::size_t skipped_ = 0;  // bytes of extensions and trailers
  std::size_t trailer_line_ = 0;
  bool after_return_ = false;
};

}  // namespace base
