#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace base {

/// Whether `c` stands for itself inside a JSON string and is one byte long (RFC 8259 §7): ASCII but
/// control characters below 0x20, quote and backslash.
constexpr bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

/// How many of the eight bytes from `text` on are plain before the first that is not. On machines
/// that store the lowest byte first.
inline std::size_t plain_bytes(const char* text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  // The high bit of each byte says: equal to one of the two, below 0x20, or not ASCII. A borrow
  // comes from a marked byte only, so the first mark is always right.
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t backslash = word ^ (ones * '\\');
  const std::uint64_t special =
      ((quote - ones) | (backslash - ones) | (word - ones * 0x20) | word) & high_bits;
  return static_cast<std::size_t>(std::countr_zero(special)) / 8;  // 64 / 8 when there is none
}

/// How many bytes at the beginning of `text` are plain. Eight at a time: most text that is read and
/// written is nothing else.
inline std::size_t plain_run(std::string_view text) {
  std::size_t at = 0;
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::size_t step = sizeof(std::uint64_t);
    for (; at + step <= text.size(); at += step) {
      if (const std::size_t plain = plain_bytes(text.data() + at); plain < step) return at + plain;
    }
    if (at > 0 && at < text.size()) {  // once more over the end, where the last step overlaps
      return text.size() - step + plain_bytes(text.data() + text.size() - step);
    }
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace base
