#include "base/chunked.h"

#include <algorithm>

namespace base {
namespace {

constexpr std::size_t max_skipped = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error malformed() { return {Code::invalid, "the chunked body is malformed", {}}; }

}  // namespace

Result<std::size_t> ChunkedDecoder::feed(std::string_view input, std::string& out,
                                         std::size_t limit) {
  std::size_t taken = 0;
  while (taken < input.size() && state_ != State::done) {
    if (state_ == State::data) {
      const std::size_t room = limit > out.size() ? limit - out.size() : 0;
      if (room == 0) break;
      const std::size_t count = std::min({remaining_, input.size() - taken, room});
      out.append(input.substr(taken, count));
      taken += count;
      remaining_ -= count;
      if (remaining_ == 0) state_ = State::data_return;
      continue;
    }
    if (auto status = take(input[taken++]); !status) return status.error();
  }
  return taken;
}

// One byte of what frames the data.
Status ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::size: {
      const int value = hex_value(c);
      if (value >= 0) {
        if (++digits_ > 16) return malformed();
        remaining_ = remaining_ * 16 + static_cast<std::size_t>(value);
        return {};
      }
      if (digits_ == 0) return malformed();
      if (c == '\r')
        state_ = State::size_newline;
      else if (c == ';')
        state_ = State::extension;
      else
        return malformed();
      return {};
    }
    case State::extension:
      if (++skipped_ > max_skipped || c == '\n' || c == '\0') return malformed();
      if (c == '\r') state_ = State::size_newline;
      return {};
    case State::size_newline:
      if (c != '\n') return malformed();
      state_ = remaining_ == 0 ? State::trailer : State::data;
      digits_ = trailer_line_ = 0;
      return {};
    case State::data_return:
      if (c != '\r') return malformed();
      state_ = State::data_newline;
      return {};
    case State::data_newline:
      if (c != '\n') return malformed();
      state_ = State::size;
      return {};
    case State::trailer:
      if (++skipped_ > max_skipped || c == '\0') return malformed();
      if (after_return_ != (c == '\n')) return malformed();
      after_return_ = c == '\r';
      if (c == '\n') {
        if (trailer_line_ == 0) state_ = State::done;
        trailer_line_ = 0;
      } else if (c != '\r') {
        ++trailer_line_;
      }
      return {};
    case State::data:
    case State::done:
      break;
  }
  return malformed();
}

}  // namespace base
