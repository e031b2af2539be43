#include "gateway/redis_config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <string>
#include <string_view>

#include "gateway/expand.h"

namespace gateway {
namespace {

constexpr std::string_view tcp_scheme = "redis://";
constexpr std::string_view unix_scheme = "redis+unix://";
constexpr int most_databases = 16'384;
// Keys are read four times a second: a shorter silence is none.
constexpr std::chrono::milliseconds shortest_cached{1'000};

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size();
}

bool parse_number_of_database(std::string_view text, int& database) {
  return parse_whole(text, database) && database >= 0 && database < most_databases;
}

bool is_ip(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

void read_user(std::string_view text, base::RedisAddress& address) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    address.password = text;
    return;
  }
  address.user = text.substr(0, colon);
  address.password = text.substr(colon + 1);
}

bool read_tcp(std::string_view text, base::RedisAddress& address) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    read_user(text.substr(0, at), address);
    text.remove_prefix(at + 1);
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view database = text.substr(slash + 1);
    if (!database.empty() && !parse_number_of_database(database, address.database)) return false;
    text = text.substr(0, slash);
  }
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
    if (!parse_whole(text.substr(colon + 1), address.port)) return false;
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  address.host = text == "localhost" ? "127.0.0.1" : std::string(text);
  return is_ip(address.host);
}

bool read_unix(std::string_view text, base::RedisAddress& address) {
  if (const std::size_t query = text.find('?'); query != std::string_view::npos) {
    const std::string_view option = text.substr(query + 1);
    if (!option.starts_with("db=")) return false;
    if (!parse_number_of_database(option.substr(3), address.database)) return false;
    text = text.substr(0, query);
  }
  address.path = text;
  return text.starts_with('/') && text.size() <= 107;  // sockaddr_un::sun_path
}

// `deny`, or `cached 15m`.
std::chrono::milliseconds read_cached(const base::YamlNode& node) {
  constexpr std::string_view cached = "cached ";
  const std::string text = node.text();
  if (text == "deny") return shortest_cached;
  try {
    if (text.starts_with(cached)) {
      const std::string duration = "'" + text.substr(cached.size()) + "'";
      const std::chrono::milliseconds given(base::YamlNode::parse(duration, "").milliseconds());
      if (given >= shortest_cached) return given;
    }
  } catch (const base::ConfigError&) {
    // as if it were anything else
  }
  node.fail("expected deny, or cached and a duration such as 'cached 15m'; found '" + text + "'");
}

}  // namespace

std::optional<base::RedisAddress> parse_redis(const base::YamlNode& node,
                                              const std::filesystem::path& directory) {
  const std::string text = expand_or_fail(node, directory);
  base::RedisAddress address;
  if (text.starts_with(tcp_scheme)) {
    if (!read_tcp(std::string_view(text).substr(tcp_scheme.size()), address)) {
      node.fail(
          "expected redis://[USER:PASSWORD@]ADDRESS[:PORT][/DATABASE]; ADDRESS is an IP address "
          "or localhost");
    }
    return address;
  }
  if (text.starts_with(unix_scheme)) {
    if (!read_unix(std::string_view(text).substr(unix_scheme.size()), address)) {
      node.fail("expected redis+unix:///PATH[?db=DATABASE]");
    }
    return address;
  }
  if (text.starts_with("rediss://")) {
    node.fail("'rediss://' is not supported yet: TLS to the store is not part of this build");
  }
  return std::nullopt;
}

StoreDown parse_store_down(const base::YamlNode& node) {
  StoreDown down;
  const auto read_limits = [&](const base::YamlNode& value) {
    const std::string text = value.text();
    if (text != "local" && text != "deny")
      value.fail("expected local or deny; found '" + text + "'");
    down.ledger.local_limits = text == "local";
  };
  const auto read_deny = [](const base::YamlNode& value) {
    if (value.text() != "deny") value.fail("expected deny; found '" + value.text() + "'");
  };
  const auto read_keys = [&](const base::YamlNode& value) {
    down.keys_cached = read_cached(value);
  };
  const auto read_runs = [](const base::YamlNode& value) {
    if (value.text() != "pause") value.fail("expected pause; found '" + value.text() + "'");
  };
  base::read_map(node, {{"keys", read_keys},
                        {"limits", read_limits},
                        {"budgets", read_deny},
                        {"approvals", read_deny},
                        {"runs", read_runs}});
  return down;
}

}  // namespace gateway
