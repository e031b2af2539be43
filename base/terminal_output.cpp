#include "base/terminal_output.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"

namespace base {
namespace {

// Of one character that is valid UTF-8.
std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(character[at]); };
  if (character.size() == 1) return byte(0);
  std::uint32_t point = byte(0) & (0xFFU >> (character.size() + 1));
  for (std::size_t at = 1; at < character.size(); ++at) point = point << 6 | (byte(at) & 0x3FU);
  return point;
}

// Control characters (C0, DEL, C1), and marks and embeddings that turn the direction of writing.
bool is_obeyed(std::uint32_t point) {
  if (point == '\n' || point == '\t') return false;
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x61C || point == 0x200E ||
         point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

// Whether more bytes may make a character of it.
bool is_begun(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  return text.size() < length && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
         });
}

void append_shown(std::string& out, std::string_view character) {
  const std::uint32_t point = code_point(character);
  if (!is_obeyed(point)) {
    out.append(character);
    return;
  }
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, point, 16).ptr;
  out.append("\\u{").append(digits, end).append("}");
}

}  // namespace

class TerminalOutput::Buffer final : public std::streambuf {
 public:
  explicit Buffer(std::streambuf& terminal) : terminal_(terminal) {}

  std::streambuf& terminal() { return terminal_; }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    return take({text, static_cast<std::size_t>(size)}) ? size : 0;
  }
  int_type overflow(int_type character) override {
    if (traits_type::eq_int_type(character, traits_type::eof())) return 0;
    const char c = traits_type::to_char_type(character);
    return take({&c, 1}) ? character : traits_type::eof();
  }
  int sync() override { return terminal_.pubsync(); }

 private:
  bool take(std::string_view text) {
    const std::string all = std::exchange(begun_, {}).append(text);
    std::string shown;
    for (std::string_view rest = all; !rest.empty();) {
      const std::size_t length = utf8_length(rest);
      if (length == 0 && is_begun(rest)) {
        begun_ = rest;
        break;
      }
      if (length == 0) {
        shown.append("\uFFFD");
      } else {
        append_shown(shown, rest.substr(0, length));
      }
      rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
    const auto size = static_cast<std::streamsize>(shown.size());
    return terminal_.sputn(shown.data(), size) == size;
  }

  std::streambuf& terminal_;
  std::string begun_;  // the beginning of a character
};

TerminalOutput::TerminalOutput(std::ostream& stream, bool is_terminal) : stream_(stream) {
  if (!is_terminal) return;
  buffer_ = std::make_unique<Buffer>(*stream.rdbuf());
  stream.rdbuf(buffer_.get());
}

TerminalOutput::~TerminalOutput() {
  if (!buffer_) return;
  stream_.flush();
  stream_.rdbuf(&buffer_->terminal());
}

}  // namespace base
