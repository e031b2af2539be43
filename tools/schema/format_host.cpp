#include <idn2.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tools/schema/ascii.h"
#include "tools/schema/bidi.h"
#include "tools/schema/format.h"

namespace tools::schema::format {
namespace {

using ascii::Cursor;

constexpr std::size_t max_name = 253;  // RFC 1035 §2.3.4, without the root's dot
constexpr std::size_t max_label = 63;

// RFC 1123 §2.1, RFC 952.
bool is_ldh_label(std::string_view label) {
  if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-')
    return false;
  return ascii::all(label, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

bool is_a_label(std::string_view label) {
  return label.size() >= 4 && (label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n' &&
         label.substr(2, 2) == "--";
}

std::uint8_t* bytes(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

using Owned = std::unique_ptr<std::uint8_t, void (*)(void*)>;

// RFC 5891 §4, with the tables of libidn2: what may be registered. Gives the label's length as
// ASCII, else 0.
std::size_t registers(std::string* u_label, std::string* a_label) {
  std::uint8_t* inserted = nullptr;
  const int code = idn2_register_u8(u_label == nullptr ? nullptr : bytes(*u_label),
                                    a_label == nullptr ? nullptr : bytes(*a_label), &inserted, 0);
  const Owned owner(inserted, idn2_free);
  if (code != IDN2_OK || inserted == nullptr) return 0;
  const std::size_t length = std::strlen(reinterpret_cast<const char*>(inserted));
  return length <= max_label ? length : 0;
}

// A label's length as ASCII, or 0 when it is none. `unicode` becomes what people read.
std::size_t read_label(std::string_view label, std::string& unicode) {
  if (label.size() > 4 * max_label || label.find('\0') != std::string_view::npos) return 0;
  unicode = label;
  if (!ascii::all(label, ascii::is_ascii)) return registers(&unicode, nullptr);
  if (!is_ldh_label(label)) return 0;
  if (!is_a_label(label)) return label.size();
  for (char& c : unicode) c = ascii::is_alpha(c) ? static_cast<char>(c | 0x20) : c;
  if (registers(nullptr, &unicode) == 0) return 0;
  char* decoded = nullptr;
  const int code = idn2_to_unicode_8z8z(unicode.c_str(), &decoded, 0);
  const Owned owner(reinterpret_cast<std::uint8_t*>(decoded), idn2_free);
  if (code != IDN2_OK) return 0;
  unicode = decoded;
  return label.size();
}

// A dot as a host name may have it, and its size in bytes; IDNA's other three when `wide` (RFC 3490
// §3.1).
std::size_t dot_at(std::string_view text, std::size_t at, bool wide) {
  if (text[at] == '.') return 1;
  if (!wide) return 0;
  for (const std::string_view dot : {"\u3002", "\uFF0E", "\uFF61"})
    if (text.substr(at).starts_with(dot)) return dot.size();
  return 0;
}

bool is_host_name(std::string_view text, bool wide) {
  if (text.empty() || text.size() > 4 * max_name) return false;
  std::size_t total = 0;
  std::size_t begin = 0;
  std::vector<std::string> labels;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const std::size_t dot = at == text.size() ? 1 : dot_at(text, at, wide);
    if (dot == 0) continue;
    const std::size_t length = read_label(text.substr(begin, at - begin), labels.emplace_back());
    if (length == 0) return false;
    total += length + (at == text.size() ? 0 : 1);
    begin = at + dot;
    at += dot - 1;
  }
  return total <= max_name && obeys_bidi_rule(labels);
}

bool take_octet(Cursor& cursor) {
  const std::string_view digits = cursor.take_while(ascii::is_digit);
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0'))
    return false;
  return digits.size() < 3 || digits <= "255";
}

bool is_local_part(std::string_view local, bool wide) {
  const auto is_atom = [wide](char c) {
    return ascii::is_alnum(c) || ascii::is_one_of(c, "!#$%&'*+-/=?^_`{|}~") ||
           (wide && !ascii::is_ascii(c));
  };
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    Cursor cursor{local.substr(1, local.size() - 2)};
    while (!cursor.done()) {
      const bool escaped = cursor.take('\\');
      if (cursor.done()) return false;
      const char c = cursor.rest.front();
      if (!escaped && c == '"') return false;
      if (ascii::is_ascii(c) ? c < ' ' || c == 0x7F : !wide) return false;
      cursor.rest.remove_prefix(1);
    }
    return true;
  }
  Cursor cursor{local};
  do {
    if (cursor.take_while(is_atom).empty()) return false;
  } while (cursor.take('.'));
  return cursor.done();
}

// RFC 5321 §4.1.2 and, when `wide`, RFC 6531 §3.3.
bool is_mailbox(std::string_view text, bool wide) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || !is_local_part(text.substr(0, at), wide)) return false;
  std::string_view domain = text.substr(at + 1);
  if (domain.size() >= 2 && domain.front() == '[' && domain.back() == ']') {
    domain = domain.substr(1, domain.size() - 2);
    constexpr std::string_view tag = "IPv6:";
    return domain.starts_with(tag) ? ipv6(domain.substr(tag.size())) : ipv4(domain);
  }
  if (!wide) return hostname(domain);
  // What becomes a host name when it is normalised is one here (RFC 6531 §3.3 asks for U-labels
  // only).
  Cursor cursor{domain};
  do {
    const auto label = cursor.take_while(
        [](char c) { return ascii::is_alnum(c) || c == '-' || !ascii::is_ascii(c); });
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  } while (cursor.take('.'));
  return cursor.done();
}

}  // namespace

bool ipv4(std::string_view text) {
  Cursor cursor{text};
  for (int i = 0; i < 4; ++i)
    if ((i > 0 && !cursor.take('.')) || !take_octet(cursor)) return false;
  return cursor.done();
}

// RFC 4291 §2.2.
bool ipv6(std::string_view text) {
  if (text.size() > 45) return false;
  Cursor cursor{text};
  int groups = 0;
  bool gap = false;
  if (cursor.rest.starts_with("::")) {
    cursor.rest.remove_prefix(2);
    gap = true;
  }
  while (!cursor.done()) {
    if (groups <= 6 && cursor.rest.find('.') < cursor.rest.find(':')) {
      if (!ipv4(cursor.rest)) return false;
      groups += 2;
      break;
    }
    const std::size_t digits = cursor.take_while(ascii::is_hex).size();
    if (digits == 0 || digits > 4 || ++groups > 8) return false;
    if (cursor.done()) break;
    if (!cursor.take(':') || cursor.done()) return false;
    if (!cursor.take(':')) continue;
    if (gap) return false;
    gap = true;
  }
  return gap ? groups <= 7 : groups == 8;
}

bool hostname(std::string_view text) {
  return ascii::all(text, ascii::is_ascii) && is_host_name(text, false);
}

bool idn_hostname(std::string_view text) { return is_host_name(text, true); }

bool email(std::string_view text) { return is_mailbox(text, false); }

bool idn_email(std::string_view text) { return is_mailbox(text, true); }

}  // namespace tools::schema::format
