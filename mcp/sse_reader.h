#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mcp {

/// One event of a text/event-stream (WHATWG HTML §9.2).
struct SseEvent {
  std::string type;  ///< "message" unless the stream named another
  std::string data;
  std::string id;  ///< last event id as of this event
};

/// Incremental reader: the same events come out however the bytes are cut. Memory is bounded by
/// `max_event` bytes of data plus one line, and by the events not yet taken; comments and unknown
/// fields cost nothing. Not thread-safe.
class SseReader final {
 public:
  explicit SseReader(std::size_t max_event) : max_event_(max_event) {}

  /// Takes a piece of the stream. Code::limit when an event, a line or an id grows over its bound;
  /// the reader is then of no further use.
  base::Status feed(std::string_view bytes);

  /// The next complete event, in order; nullopt when more bytes are needed. Events without data are
  /// dropped (a legacy server's priming event is one).
  std::optional<SseEvent> next();

  /// The id from which a broken stream can be resumed (Last-Event-ID); dropped events count. Empty
  /// when there is none.
  const std::string& last_id() const { return last_id_; }

  /// The last `retry:` in milliseconds, if the stream sent one of at most nine digits.
  std::optional<unsigned> retry_ms() const { return retry_ms_; }

 private:
  void skip_byte_order_mark(std::string_view& bytes);
  base::Status take_part(std::string_view part);
  base::Status end_line(std::string_view rest);
  base::Status take_line(std::string_view line);
  base::Status take_field(std::string_view name, std::string_view value);
  void dispatch();

  std::size_t max_event_;
  std::string line_;            // the beginning of a line whose end is still to come
  bool in_comment_ = false;     // that line is a comment: nothing of it is kept
  bool skip_newline_ = false;   // a CR ended the last line; a LF that follows belongs to it
  bool at_start_ = true;        // a byte order mark may stand here
  std::size_t mark_bytes_ = 0;  // how much of it was seen
  std::string type_, data_, id_, last_id_;
  bool has_data_ = false;
  std::optional<unsigned> retry_ms_;
  std::list<SseEvent> ready_;  // costs nothing while empty: most answers are no streams
};

}  // namespace mcp
