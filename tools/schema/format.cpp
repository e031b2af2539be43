#include "tools/schema/format.h"

#include "tools/schema/ascii.h"
#include "tools/schema/ecma.h"

namespace tools::schema {
namespace {

constexpr Format formats[] = {
    {"date-time", format::date_time, "a date and time such as 2026-01-31T09:30:00Z"},
    {"date", format::date, "a date such as 2026-01-31"},
    {"time", format::time, "a time with offset such as 09:30:00Z"},
    {"duration", format::duration, "a duration such as P1DT12H"},
    {"email", format::email, "an email address"},
    {"idn-email", format::idn_email, "an email address"},
    {"hostname", format::hostname, "a host name"},
    {"idn-hostname", format::idn_hostname, "a host name"},
    {"ipv4", format::ipv4, "an IPv4 address such as 192.0.2.1"},
    {"ipv6", format::ipv6, "an IPv6 address such as 2001:db8::1"},
    {"uri", format::uri, "an absolute URI"},
    {"uri-reference", format::uri_reference, "a URI or a relative reference"},
    {"iri", format::iri, "an absolute IRI"},
    {"iri-reference", format::iri_reference, "an IRI or a relative reference"},
    {"uri-template", format::uri_template, "a URI template (RFC 6570)"},
    {"uuid", format::uuid, "a UUID such as 123e4567-e89b-12d3-a456-426614174000"},
    {"json-pointer", format::json_pointer, "a JSON Pointer such as /a/0"},
    {"relative-json-pointer", format::relative_json_pointer, "a relative JSON Pointer such as 1/a"},
    {"regex", format::regex, "a regular expression (ECMA-262)"},
};

}  // namespace

const Format* find_format(std::string_view name) {
  for (const Format& format : formats)
    if (format.name == name) return &format;
  return nullptr;
}

namespace format {

// RFC 4122 §3.
bool uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !ascii::is_hex(text[i])) return false;
  }
  return true;
}

// RFC 6901 §3.
bool json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    if (i + 1 == text.size() || !ascii::is_one_of(text[i + 1], "01")) return false;
  }
  return true;
}

// draft-bhutton-relative-json-pointer-00 §3.
bool relative_json_pointer(std::string_view text) {
  ascii::Cursor cursor{text};
  const std::string_view levels = cursor.take_while(ascii::is_digit);
  if (levels.empty() || (levels.size() > 1 && levels.front() == '0')) return false;
  return cursor.rest == "#" || json_pointer(cursor.rest);
}

bool regex(std::string_view text) { return is_ecma(text); }

}  // namespace format

}  // namespace tools::schema
