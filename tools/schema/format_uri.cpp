#include "tools/schema/ascii.h"
#include "tools/schema/format.h"

namespace tools::schema::format {
namespace {

using ascii::Cursor;

constexpr std::string_view sub_delims = "!$&'()*+,;=";

// Characters of one part (RFC 3986 §2, with RFC 3987's beyond ASCII when `wide`); `extra` is what
// the part allows besides unreserved, sub-delims and escapes.
bool is_part(std::string_view text, std::string_view extra, bool wide) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !ascii::is_hex(text[i + 1]) || !ascii::is_hex(text[i + 2]))
        return false;
      i += 2;
    } else if (!ascii::is_ascii(c)) {
      if (!wide) return false;
    } else if (!ascii::is_alnum(c) && !ascii::is_one_of(c, "-._~") &&
               !ascii::is_one_of(c, sub_delims) && !ascii::is_one_of(c, extra)) {
      return false;
    }
  }
  return true;
}

// RFC 3986 §3.2.2: IP-literal without its brackets.
bool is_ip_literal(std::string_view text) {
  if (!text.starts_with('v') && !text.starts_with('V')) return ipv6(text);
  Cursor cursor{text.substr(1)};
  if (cursor.take_while(ascii::is_hex).empty() || !cursor.take('.') || cursor.done()) return false;
  return cursor.rest.find('%') == std::string_view::npos && is_part(cursor.rest, ":", false);
}

bool is_authority(std::string_view text, bool wide) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!is_part(text.substr(0, at), ":", wide)) return false;
    text.remove_prefix(at + 1);
  }
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
    text.remove_prefix(end + 1);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    end = 0;
  } else if (!is_part(text.substr(0, end), "", wide)) {
    return false;
  }
  return end == std::string_view::npos || ascii::all(text.substr(end + 1), ascii::is_digit);
}

bool is_scheme(std::string_view text) {
  return !text.empty() && ascii::is_alpha(text.front()) &&
         ascii::all(text, [](char c) { return ascii::is_alnum(c) || ascii::is_one_of(c, "+-."); });
}

// What precedes the first of `ends`, and `rest` without it.
std::string_view cut(std::string_view& rest, std::string_view ends) {
  const std::string_view part = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(part.size());
  return part;
}

bool is_reference(std::string_view text, bool absolute, bool wide) {
  const std::size_t colon = text.find_first_of(":/?#");
  const bool has_scheme = colon != std::string_view::npos && text[colon] == ':';
  if (absolute && !has_scheme) return false;
  if (has_scheme) {  // without one, the first segment has no colon: RFC 3986 §4.2
    if (!is_scheme(text.substr(0, colon))) return false;
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    if (!is_authority(cut(text, "/?#"), wide)) return false;
  }
  if (!is_part(cut(text, "?#"), ":@/", wide)) return false;
  if (text.starts_with('?') && !is_part(cut(text, "#").substr(1), ":@/?", wide)) return false;
  return text.empty() || is_part(text.substr(1), ":@/?", wide);
}

// RFC 6570 §2.3, §2.4.
bool take_variable(Cursor& cursor) {
  do {
    std::size_t size = 0;
    for (;; ++size) {
      size += cursor.take_while([](char c) { return ascii::is_alnum(c) || c == '_'; }).size();
      if (!cursor.take('%')) break;
      for (int i = 0; i < 2; ++i)
        if (!cursor.take_any("0123456789abcdefABCDEF")) return false;
    }
    if (size == 0) return false;
  } while (cursor.take('.'));
  if (cursor.take('*') || !cursor.take(':')) return true;
  const std::string_view length = cursor.take_while(ascii::is_digit);
  return !length.empty() && length.size() <= 4 && length.front() != '0';
}

}  // namespace

bool uri(std::string_view text) { return is_reference(text, true, false); }
bool uri_reference(std::string_view text) { return is_reference(text, false, false); }
bool iri(std::string_view text) { return is_reference(text, true, true); }
bool iri_reference(std::string_view text) { return is_reference(text, false, true); }

bool uri_template(std::string_view text) {
  Cursor cursor{text};
  while (!cursor.done()) {
    if (cursor.take('{')) {
      cursor.take_any("+#./;?&=,!@|");
      do {
        if (!take_variable(cursor)) return false;
      } while (cursor.take(','));
      if (!cursor.take('}')) return false;
    } else if (cursor.take('%')) {
      for (int i = 0; i < 2; ++i)
        if (!cursor.take_any("0123456789abcdefABCDEF")) return false;
    } else {
      const char c = cursor.rest.front();
      if (ascii::is_ascii(c) && (c <= ' ' || c == 0x7F || ascii::is_one_of(c, "\"<>\\^`|}")))
        return false;
      cursor.rest.remove_prefix(1);
    }
  }
  return true;
}

}  // namespace tools::schema::format
