#include "base/url.h"

#include <algorithm>
#include <charconv>

namespace base {
namespace {

constexpr std::uint16_t http_port = 80, https_port = 443;

Error invalid(const char* sentence) { return {Code::invalid, sentence, {}}; }

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_address_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

Status split_authority(std::string authority, Url& url) {
  std::transform(authority.begin(), authority.end(), authority.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::size_t host_end = authority.find(':');
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string::npos) return invalid("the address has no closing bracket");
    url.host = authority.substr(1, bracket - 1);
    host_end = bracket + 1;
    if (!std::all_of(url.host.begin(), url.host.end(), is_address_character)) {
      return invalid("the bracketed address is not IPv6");
    }
  } else {
    url.host = authority.substr(0, host_end);
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) {
      return invalid("the host has a character that host names do not have");
    }
  }
  if (url.host.empty()) return invalid("the host is missing");
  if (host_end >= authority.size()) return {};
  const std::string port = authority.substr(host_end);
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
  if (port.front() != ':' || error != std::errc{} || end != port.data() + port.size() ||
      url.port == 0) {
    return invalid("the port is not a number from 1 to 65535");
  }
  return {};
}

}  // namespace

std::string Url::authority() const {
  std::string text;
  const bool address = host.find(':') != std::string::npos;
  if (address) text.push_back('[');
  text.append(host);
  if (address) text.push_back(']');
  if (port == (secure ? https_port : http_port)) return text;
  return text.append(":").append(std::to_string(port));
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view plain = "http://", encrypted = "https://";
  Url url;
  url.secure = text.starts_with(encrypted);
  if (!url.secure && !text.starts_with(plain)) {
    return invalid("the URL does not begin with http:// or https://");
  }
  if (url.secure) url.port = https_port;
  text.remove_prefix(url.secure ? encrypted.size() : plain.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
      return invalid("the URL has a blank, a control character or one that is not ASCII");
    }
    if (c == '#') return invalid("the URL has a fragment");
  }
  const std::size_t path = text.find_first_of("/?");
  const std::string_view authority = text.substr(0, path);
  if (authority.find('@') != std::string_view::npos) return invalid("the URL holds a user name");
  if (auto status = split_authority(std::string(authority), url); !status) return status.error();
  if (path != std::string_view::npos) {
    url.target = text[path] == '?' ? "/" : "";
    url.target.append(text.substr(path));
  }
  return url;
}

}  // namespace base
