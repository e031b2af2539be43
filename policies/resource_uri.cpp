#include "policies/resource_uri.h"

#include <algorithm>
#include <array>

namespace policies {
namespace {

constexpr std::size_t longest_uri = 4096;
constexpr char any_value = '\x01';  // patterns hold no control characters

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

constexpr bool is_unreserved(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

constexpr bool is_path_delimiter(char c) {
  return std::string_view("!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

int upper_hex(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// One encoded character: it must be one that could not be written as it is, and must not become
// something else when a server decodes it.
bool is_plainly_encoded(std::string_view digits, bool in_query) {
  const int high = digits.size() < 2 ? -1 : upper_hex(digits[0]);
  const int low = digits.size() < 2 ? -1 : upper_hex(digits[1]);
  if (high < 0 || low < 0) return false;
  const char c = static_cast<char>(high * 16 + low);
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  if (c == '/' || c == '\\' || c == '%' || is_unreserved(c)) return false;
  return in_query || !is_path_delimiter(c);
}

bool has_plain_characters(std::string_view uri) {
  bool in_query = false;
  for (std::size_t at = 0; at < uri.size(); ++at) {
    const char c = uri[at];
    if (c == '%') {
      if (!is_plainly_encoded(uri.substr(at + 1, 2), in_query)) return false;
      at += 2;
    } else if (c == '?') {
      in_query = true;
    } else if (c != '/' && !is_unreserved(c) && !is_path_delimiter(c)) {
      return false;
    }
  }
  return true;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

bool is_web(std::string_view scheme) {
  constexpr std::array<std::string_view, 5> web = {"http", "https", "ws", "wss", "ftp"};
  return std::find(web.begin(), web.end(), scheme) != web.end();
}

}  // namespace

std::string_view uri_problem(std::string_view uri) {
  if (uri.size() > longest_uri) return "it is longer than 4096 characters";
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || !is_scheme(uri.substr(0, colon))) {
    return "it does not begin with a scheme in lower case";
  }
  const std::string_view scheme = uri.substr(0, colon);
  std::string_view rest = uri.substr(colon + 1);
  if (rest.empty()) return "it is a scheme alone";
  if (!has_plain_characters(rest)) {
    return "it holds what a URI has no place for, or encodes what must not be encoded";
  }
  const bool has_authority = rest.starts_with("//");
  if (has_authority) rest.remove_prefix(2);
  if (rest.find("..") != std::string_view::npos) return "it holds '..'";
  const std::string_view path = rest.substr(0, rest.find('?'));
  if (rest.find("//") != std::string_view::npos || rest.find("/./") != std::string_view::npos ||
      path.ends_with("/.") || path.starts_with("./") || path == ".") {
    return "it holds an empty segment or '.'";
  }
  if (scheme == "file" && (!has_authority || !rest.starts_with('/') || path != rest)) {
    return "a file's URI is file:///PATH";
  }
  const std::string_view authority = path.substr(0, path.find('/'));
  if (is_web(scheme) && (!has_authority || authority.empty() ||
                         std::any_of(authority.begin(), authority.end(), is_upper) ||
                         authority.find_first_of("@%") != std::string_view::npos)) {
    return "the host of a web address is written in lower case, without a user";
  }
  return {};
}

std::string template_text(std::string_view uri_template) {
  std::string text;
  while (!uri_template.empty()) {
    const std::size_t open = uri_template.find('{');
    text.append(uri_template.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = uri_template.find('}', open);
    text.push_back(any_value);
    if (close == std::string_view::npos) break;
    uri_template.remove_prefix(close + 1);
  }
  return text;
}

std::string_view template_problem(std::string_view uri_template) {
  std::string uri = template_text(uri_template);
  // Of `{+uri}` the expression stands for a whole URI, of `file://{path}` for a whole path.
  if (uri.starts_with(any_value)) uri.insert(0, "x:");
  if (uri.starts_with(std::string("file://") + any_value)) uri.insert(7, "/");
  std::replace(uri.begin(), uri.end(), any_value, 'x');
  return uri_problem(uri);
}

}  // namespace policies
