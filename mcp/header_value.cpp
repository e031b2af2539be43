#include "mcp/header_value.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/base64.h"
#include "base/utf8.h"

namespace mcp {
namespace {

constexpr std::string_view prefix = "=?base64?";
constexpr std::string_view suffix = "?=";

bool looks_like_sentinel(std::string_view text) {
  return text.starts_with(prefix) && text.ends_with(suffix);
}

bool is_plain(std::string_view text) {
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

std::string encode_header_value(std::string_view text) {
  if (is_plain(text) && !looks_like_sentinel(text)) return std::string(text);
  std::string out(prefix);
  out += base::base64_encode(text);
  out += suffix;
  return out;
}

std::optional<std::string> decode_header_value(std::string_view value) {
  // In "=?base64?=" the markers overlap: it is no sentinel.
  const bool holds_payload = value.size() >= prefix.size() + suffix.size();
  if (!holds_payload || !looks_like_sentinel(value)) return std::string(value);
  value.remove_prefix(prefix.size());
  value.remove_suffix(suffix.size());
  auto text = base::base64_decode(value);
  if (!text || !base::is_utf8(*text)) return std::nullopt;
  return text;
}

std::optional<std::string> header_text_of(const base::Json& argument) {
  if (const auto* text = argument.get_ptr<const std::string*>()) return *text;
  if (argument.is_boolean()) return argument.get<bool>() ? "true" : "false";
  if (argument.is_number_integer()) return base::dump_json(argument);
  if (const auto* number = argument.get_ptr<const double*>()) {
    // JSON Schema's integers include 42.0; beyond these bounds (2^53 - 1) a double may stand for
    // several integers.
    constexpr double largest = 9007199254740991.0;
    if (std::trunc(*number) != *number || std::fabs(*number) > largest) return std::nullopt;
    return std::to_string(static_cast<std::int64_t>(*number));
  }
  return std::nullopt;
}

}  // namespace mcp
