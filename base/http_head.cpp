#include "base/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/plain_run.h"

namespace base {
namespace {

constexpr auto lower_table = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return table;
}();

char lower(char c) { return lower_table[static_cast<unsigned char>(c)]; }

// RFC 9110 §5.6.2: tchar.
constexpr auto token_table = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return token_table[static_cast<unsigned char>(c)];
  });
}

// RFC 9110 §5.5: visible characters, blanks and obs-text. Most values are nothing but what may
// stand in a JSON string too, which is found eight bytes at a time.
bool is_field_value(std::string_view text) {
  constexpr char del = 0x7f;
  if (text.find(del) != std::string_view::npos) return false;
  text.remove_prefix(plain_run(text));
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || static_cast<unsigned char>(c) >= 0x20;
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Error malformed(const char* sentence) { return {Code::invalid, sentence, {}}; }

Result<std::size_t> content_length(std::string_view text) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || error != std::errc{} || end != text.data() + text.size()) {
    return malformed("Content-Length is not a number");
  }
  return length;
}

}  // namespace

// From the end: names of one length often begin alike (Mcp-Method, Mcp-…), and seldom end so.
bool same_letters(std::string_view a, std::string_view b) {
  for (std::size_t at = a.size(); at-- > 0;) {
    if (lower(a[at]) != lower(b[at])) return false;
  }
  return true;
}

std::optional<std::string_view> HttpFields::find(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const HttpField& field : all) {
    if (!same_name(field.name, name)) continue;
    if (found) return std::nullopt;
    found = field.value;
  }
  return found;
}

std::size_t HttpFields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const HttpField& field) { return same_name(field.name, name); }));
}

HeadScanner::State HeadScanner::scan(std::string_view buffer) {
  while (true) {
    const std::size_t newline = buffer.find('\n', scanned_);
    const std::size_t end = newline == std::string_view::npos ? buffer.size() : newline + 1;
    const std::size_t line_limit = lines_ == 0 ? limits_.start_line : limits_.field;
    if (end > limits_.head || end - line_start_ > line_limit + 2) return State::too_large;
    if (newline == std::string_view::npos) {
      scanned_ = buffer.size();
      return State::more;
    }
    const std::string_view line = buffer.substr(line_start_, end - line_start_);
    if (line.size() < 2 || line[line.size() - 2] != '\r') return State::malformed;
    const std::string_view text = line.substr(0, line.size() - 2);
    if (text.find('\r') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
      return State::malformed;
    }
    line_start_ = scanned_ = end;
    if (text.empty()) return lines_ == 0 ? State::malformed : State::done;
    if (++lines_ > limits_.fields + 1) return State::too_large;
  }
}

Result<HttpHead> parse_head(std::string_view head) {
  HttpHead parsed;
  std::size_t at = head.find("\r\n");
  parsed.start_line = head.substr(0, at);
  parsed.fields.all.reserve(16);
  at += 2;
  while (true) {
    const std::size_t end = head.find("\r\n", at);
    const std::string_view line = head.substr(at, end - at);
    if (line.empty()) return parsed;
    at = end + 2;
    if (line.front() == ' ' || line.front() == '\t') return malformed("a header line is folded");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a header line has no colon");
    const HttpField field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!is_token(field.name)) return malformed("a header name is not a token");
    if (!is_field_value(field.value)) return malformed("a header value holds a control character");
    parsed.fields.all.push_back(field);
  }
}

Result<BodyFraming> request_framing(const HttpFields& fields) {
  const std::size_t codings = fields.count("transfer-encoding");
  const std::size_t lengths = fields.count("content-length");
  if (codings + lengths > 1) {
    return malformed(
        "the body's length is ambiguous: more than one Content-Length or Transfer-Encoding");
  }
  if (codings == 1) {
    if (!same_name(*fields.find("transfer-encoding"), "chunked")) {
      return malformed("the only transfer coding understood is chunked");
    }
    return BodyFraming{BodyFraming::Kind::chunked, 0};
  }
  if (lengths == 0) return BodyFraming{};
  auto length = content_length(*fields.find("content-length"));
  if (!length) return length.error();
  return BodyFraming{BodyFraming::Kind::length, *length};
}

Result<BodyFraming> response_framing(const HttpFields& fields, int status) {
  if (status == 204 || status == 304 || status < 200) return BodyFraming{};
  auto framing = request_framing(fields);
  if (framing && framing->kind == BodyFraming::Kind::none) {
    return BodyFraming{BodyFraming::Kind::until_close, 0};
  }
  return framing;
}

bool list_contains(const HttpFields& fields, std::string_view name, std::string_view token) {
  for (const HttpField& field : fields.all) {
    if (!same_name(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (same_name(trim(rest.substr(0, comma)), token)) return true;
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
  return false;
}

}  // namespace base
