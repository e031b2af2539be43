#include "gateway/address_config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/url.h"

namespace gateway {
namespace {

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// The host as a Host header has it, without the port.
std::string host_header_name(const base::Url& url) {
  return url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
}

}  // namespace

ListenAddress parse_listen(const base::YamlNode& node, const std::string& text) {
  const std::string expected =
      "expected HOST:PORT, HOST an IPv4 address, an IPv6 address in brackets or localhost; found "
      "'" +
      text + "'";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) node.fail(expected);
  ListenAddress address;
  address.host = text.substr(0, colon);
  const bool bracketed = address.host.starts_with('[') && address.host.ends_with(']');
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host == "localhost" && !bracketed) address.host = "127.0.0.1";
  if (bracketed ? !is_ipv6(address.host) : !is_ipv4(address.host)) node.fail(expected);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc{} || stop != end) node.fail(expected);
  return address;
}

bool is_loopback(const ListenAddress& address) {
  in_addr ipv4{};
  if (inet_pton(AF_INET, address.host.c_str(), &ipv4) == 1) {
    return (ntohl(ipv4.s_addr) >> 24) == 127;
  }
  in6_addr ipv6{};
  return inet_pton(AF_INET6, address.host.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

PublicUrl parse_public_url(const base::YamlNode& node, const std::string& text) {
  const std::string expected = "expected http://HOST[:PORT] or https://HOST[:PORT]";
  const auto url = base::parse_url(text);
  if (!url) node.fail(expected + ": " + url.error().message);
  const std::size_t slash = text.find('/', text.find("://") + 3);
  if (url->target != "/" || (slash != std::string::npos && slash + 1 != text.size())) {
    node.fail(expected + ": found a path behind it; the gateway serves /mcp itself");
  }
  return {text.substr(0, slash), host_header_name(*url)};
}

std::string parse_host(const base::YamlNode& node, const std::string& text) {
  const auto url = base::parse_url("http://" + text);
  if (!url || host_header_name(*url) != lower(text)) {
    node.fail("expected a host name without a port; found '" + text + "'");
  }
  return lower(text);
}

}  // namespace gateway
