#include "tests/bench/frame.h"

#include <strings.h>

#include <charconv>

namespace bench {
namespace {

constexpr std::size_t max_head = 64 * 1024;
constexpr std::size_t max_body = 64 * 1024 * 1024;

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

Frame broken() {
  Frame frame;
  frame.state = Frame::State::broken;
  return frame;
}

}  // namespace

std::string_view header_value(std::string_view head, std::string_view name) {
  for (auto line = head.find("\r\n"); line != std::string_view::npos;) {
    const auto begin = line + 2;
    const auto end = head.find("\r\n", begin);
    if (end == std::string_view::npos) break;
    const auto text = head.substr(begin, end - begin);
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && equal_names(text.substr(0, colon), name)) {
      const auto value = text.find_first_not_of(" \t", colon + 1);
      return value == std::string_view::npos ? std::string_view{} : text.substr(value);
    }
    line = end;
  }
  return {};
}

int status_of(std::string_view head) {
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return 0;
  int status = 0;
  std::from_chars(head.data() + 9, head.data() + 12, status);
  return status;
}

Frame find_frame(std::string_view buffer) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) return buffer.size() > max_head ? broken() : Frame{};
  Frame frame;
  frame.head = buffer.substr(0, end + 4);
  if (!header_value(frame.head, "Transfer-Encoding").empty()) return broken();

  std::size_t length = 0;
  const auto text = header_value(frame.head, "Content-Length");
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  if (!text.empty() && (read.ec != std::errc{} || length > max_body)) return broken();
  if (buffer.size() < frame.head.size() + length) return Frame{};

  frame.body = buffer.substr(frame.head.size(), length);
  frame.close = equal_names(header_value(frame.head, "Connection"), "close");
  frame.state = Frame::State::complete;
  return frame;
}

}  // namespace bench
