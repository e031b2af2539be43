#pragma once

#include <string>

#include "base/yaml.h"
#include "gateway/config.h"

namespace gateway {

/// `HOST:PORT`, HOST an IPv4 address, an IPv6 address in brackets or `localhost`, which becomes
/// 127.0.0.1.
ListenAddress parse_listen(const base::YamlNode& node, const std::string& text);

bool is_loopback(const ListenAddress& address);

/// `http://` or `https://` with HOST[:PORT] and nothing behind it but one `/`, which is dropped.
struct PublicUrl {
  std::string url;
  std::string host;  ///< lower case, an IPv6 address in brackets
};
PublicUrl parse_public_url(const base::YamlNode& node, const std::string& text);

/// A host name or address without a port, in the form of PublicUrl::host.
std::string parse_host(const base::YamlNode& node, const std::string& text);

}  // namespace gateway
