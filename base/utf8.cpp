#include "base/utf8.h"

namespace base {
namespace {

bool between(char c, unsigned low, unsigned high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

// The table of RFC 3629 §4: the lead byte fixes the length and the range of the second byte.
struct Form {
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
};

Form form_of(char lead) {
  if (between(lead, 0x00, 0x7F)) return {1};
  if (between(lead, 0xC2, 0xDF)) return {2};
  if (between(lead, 0xE0, 0xE0)) return {3, 0xA0};
  if (between(lead, 0xED, 0xED)) return {3, 0x80, 0x9F};
  if (between(lead, 0xE1, 0xEF)) return {3};
  if (between(lead, 0xF0, 0xF0)) return {4, 0x90};
  if (between(lead, 0xF1, 0xF3)) return {4};
  if (between(lead, 0xF4, 0xF4)) return {4, 0x80, 0x8F};
  return {};
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const Form form = form_of(text.front());
  if (form.length > text.size()) return 0;
  if (form.length >= 2 && !between(text[1], form.low, form.high)) return 0;
  for (std::size_t i = 2; i < form.length; ++i) {
    if (!between(text[i], 0x80, 0xBF)) return 0;
  }
  return form.length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace base
