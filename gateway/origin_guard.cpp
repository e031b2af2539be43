#include "gateway/origin_guard.h"

#include <algorithm>

namespace gateway {
namespace {

// `name:port` without a plain port; "" when what follows the name is anything else.
std::string_view without_port(std::string_view authority) {
  std::size_t end = authority.find(':');
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return {};
    end = bracket + 1;
    if (end < authority.size() && authority[end] != ':') return {};
  }
  if (end >= authority.size()) return authority;
  const std::string_view port = authority.substr(end + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 &&
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? authority.substr(0, end) : std::string_view{};
}

}  // namespace

OriginGuard::OriginGuard(std::vector<std::string> hosts) : hosts_(std::move(hosts)) {
  for (const char* loopback : {"localhost", "127.0.0.1", "[::1]"}) hosts_.emplace_back(loopback);
}

bool OriginGuard::known(std::string_view authority) const {
  const std::string_view name = without_port(authority);
  return !name.empty() && std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& host) {
    return base::same_name(host, name);
  });
}

std::optional<std::string_view> OriginGuard::refuse(const base::HttpFields& fields) const {
  const auto host = fields.find("host");
  if (!host || !known(*host)) return "the Host header is none of this gateway's names";
  const auto origin = fields.find("origin");
  if (!origin) return std::nullopt;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin->substr(0, scheme.size()) == scheme && known(origin->substr(scheme.size()))) {
      return std::nullopt;
    }
  }
  return "the Origin header is none of this gateway's names";
}

}  // namespace gateway
