#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/byte_stream.h"
#include "base/limits.h"
#include "base/read_buffer.h"
#include "gateway/http_message.h"

namespace gateway {

/// Why no request came: with a status it is answered and the connection closed; without one the
/// client has simply gone or been idle for too long.
struct ReadFailure {
  int status = 0;
  std::string_view sentence;
};

/// Reads requests off one connection within the limits, before any parser sees them. Whatever two
/// parsers could understand differently is refused (cpp.md §3.2: what must never reach
/// cpp-httplib).
class RequestReader {
 public:
  RequestReader(base::ByteStream& stream, const base::Limits& limits)
      : stream_(stream), limits_(limits) {}

  /// Reads the next request into `request`; nullopt when it is complete.
  base::Task<std::optional<ReadFailure>> next(RawRequest& request);
  /// Whether bytes of a further request are already here.
  bool pipelined() const { return !buffer_.empty(); }
  /// What is here of a request that was not read to its end.
  std::string_view unread() const { return buffer_.view(); }
  /// Should it wait for a request of which nothing has come, next() ends as if the client were gone.
  void stop_waiting();
  /// Gives back what is allocated for the next request, unless a part of it is here.
  void release_memory() {
    if (buffer_.empty()) buffer_ = {};
  }

 private:
  base::Task<std::optional<ReadFailure>> read_head(RawRequest& request);
  base::Task<std::optional<ReadFailure>> read_body(RawRequest& request, base::BodyFraming framing);
  base::Task<std::optional<ReadFailure>> read_length(RawRequest& request, std::size_t length);
  base::Task<std::optional<ReadFailure>> read_chunks(RawRequest& request);
  base::Task<std::optional<ReadFailure>> fill(ReadFailure when_late);
  void allow_body_time(std::size_t received);

  base::ByteStream& stream_;
  const base::Limits& limits_;
  base::ReadBuffer buffer_;
  bool waits_ = false;  // for the first byte of a request
  base::SteadyTime body_started_{};
};

}  // namespace gateway
