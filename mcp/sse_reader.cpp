#include "mcp/sse_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mcp {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// What a line holds besides its value: the longest field name, colon and blank.
constexpr std::size_t line_overhead = 8;

// Every event carries a copy of the last id: a long one would multiply.
constexpr std::size_t longest_event_id = 1024;

// A buffer that grew larger is given back: thousands of streams are idle most of the time.
constexpr std::size_t kept_capacity = 4096;

base::Error too_long(const char* what) {
  return {
      base::Code::limit, std::string("The event stream holds ") + what + " over the bound.", {}};
}

void reset(std::string& buffer) {
  if (buffer.capacity() > kept_capacity) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

// Finds line ends. The next LF is remembered, so that a piece full of CRs is not searched again for
// each.
class LineEnds final {
 public:
  explicit LineEnds(std::string_view bytes) : bytes_(bytes) {}

  // The first CR or LF at or behind `from`; npos when there is none.
  std::size_t next(std::size_t from) {
    if (!searched_ || (newline_ != std::string_view::npos && newline_ < from)) {
      newline_ = bytes_.find('\n', from);
      searched_ = true;
    }
    const std::size_t end = std::min(newline_, bytes_.size());
    const std::size_t carriage_return = bytes_.substr(from, end - from).find('\r');
    return carriage_return == std::string_view::npos ? newline_ : from + carriage_return;
  }

 private:
  std::string_view bytes_;
  std::size_t newline_ = 0;
  bool searched_ = false;
};

}  // namespace

base::Status SseReader::feed(std::string_view bytes) {
  if (at_start_) skip_byte_order_mark(bytes);
  LineEnds ends(bytes);
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (std::exchange(skip_newline_, false) && bytes[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t end = ends.next(at);
    if (end == std::string_view::npos) return take_part(bytes.substr(at));
    if (auto taken = end_line(bytes.substr(at, end - at)); !taken) return taken;
    skip_newline_ = bytes[end] == '\r';
    at = end + 1;
  }
  return {};
}

std::optional<SseEvent> SseReader::next() {
  if (ready_.empty()) return std::nullopt;
  SseEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

void SseReader::skip_byte_order_mark(std::string_view& bytes) {
  while (at_start_ && !bytes.empty()) {
    if (bytes.front() != byte_order_mark[mark_bytes_]) {
      line_ = byte_order_mark.substr(0, mark_bytes_);  // it was none: the bytes are content
      at_start_ = false;
      return;
    }
    bytes.remove_prefix(1);
    at_start_ = ++mark_bytes_ < byte_order_mark.size();
  }
}

base::Status SseReader::take_part(std::string_view part) {
  if (in_comment_ || (line_.empty() && part.starts_with(':'))) {
    in_comment_ = true;
    return {};
  }
  if (line_.size() + part.size() > max_event_ + line_overhead) return too_long("a line");
  line_ += part;
  return {};
}

base::Status SseReader::end_line(std::string_view rest) {
  if (std::exchange(in_comment_, false)) return {};
  if (line_.empty()) return take_line(rest);
  if (auto taken = take_part(rest); !taken) return taken;
  auto taken = take_line(line_);
  reset(line_);
  return taken;
}

base::Status SseReader::take_line(std::string_view line) {
  if (line.empty()) {
    dispatch();
    return {};
  }
  if (line.front() == ':') return {};
  if (line.size() > max_event_ + line_overhead) return too_long("a line");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return take_field(line, {});
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return take_field(line.substr(0, colon), value);
}

base::Status SseReader::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    // Each line ends with a LF, of which the last does not count.
    const std::size_t separator = has_data_ ? 1 : 0;
    if (data_.size() + separator + value.size() > max_event_) return too_long("an event");
    data_.append(separator, '\n');
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    if (value.size() > max_event_) return too_long("an event");
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') != std::string_view::npos) return {};
    if (value.size() > longest_event_id) return too_long("an id");
    id_ = value;
  } else if (name == "retry") {
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (value.empty() || value.size() > 9 || !digits) return {};
    unsigned milliseconds = 0;
    std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    retry_ms_ = milliseconds;
  }
  return {};
}

void SseReader::dispatch() {
  last_id_ = id_;
  if (!data_.empty()) {
    SseEvent& event = ready_.emplace_back();
    event.type = type_.empty() ? "message" : std::move(type_);
    event.data = std::move(data_);
    event.id = last_id_;
  }
  reset(type_);
  data_.clear();
  has_data_ = false;
}

}  // namespace mcp
