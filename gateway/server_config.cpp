#include "gateway/server_config.h"

#include <algorithm>
#include <string_view>

#include "base/http_head.h"
#include "base/url.h"
#include "gateway/expand.h"

namespace gateway {
namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t longest_name = 32;
// RFC 9110 §5.6.2.
constexpr std::string_view token_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";

/// Headers that the gateway itself writes, and those that belong to one connection (RFC 9110
/// §7.6.1).
constexpr std::string_view owned_headers[] = {
    "host",   "content-length",  "transfer-encoding", "connection", "content-type",
    "accept", "accept-encoding", "last-event-id",     "keep-alive", "proxy-connection",
    "te",     "trailer",         "upgrade",           "expect"};

const std::string no_stdio = "servers over stdio are not part of this build; use 'url'";

const std::vector<std::pair<std::string, std::string>> server_not_built = {
    {"command", no_stdio},
    {"args", no_stdio},
    {"env", no_stdio},
    {"envFile", no_stdio},
    {"cwd", no_stdio},
    {"instances", no_stdio},
    {"type", "every server is reached over Streamable HTTP"},
    {"mcpServers", "client files are not part of this build; write 'servers'"},
};

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= longest_name &&
         text.find_first_not_of(name_characters) == std::string::npos &&
         text.find("__") == std::string::npos;
}

bool is_owned(const std::string& name) {
  if (name.size() >= 4 && base::same_name(name.substr(0, 4), "mcp-")) return true;
  return std::any_of(std::begin(owned_headers), std::end(owned_headers),
                     [&](std::string_view owned) { return base::same_name(name, owned); });
}

/// RFC 9110 §5.5: visible characters, blanks and tabs.
bool is_header_value(const std::string& value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

/// Reads one entry of `servers:`.
class ServerReader {
 public:
  ServerReader(std::string name, const std::filesystem::path& directory) : directory_(directory) {
    server_.name = std::move(name);
  }

  ServerConfig read(const base::YamlNode& node) {
    base::read_map(
        node,
        {
            {"url", [this](const auto& value) { read_url(value); }},
            {"headers", [this](const auto& value) { read_headers(value); }},
            {"era", [this](const auto& value) { read_era(value); }},
            {"trusted", [this](const auto& value) { server_.trusted = value.boolean(); }},
            {"timeout", read_time(server_.timeout)},
            {"max_timeout", read_time(server_.max_timeout)},
            {"start_timeout", read_time(server_.start_timeout)},
            {"prefix", [this](const auto& value) { read_prefix(value); }},
        },
        server_not_built);
    if (!has_url_) node.fail("server " + server_.name + ": expected the key 'url'");
    return std::move(server_);
  }

 private:
  static std::function<void(const base::YamlNode&)> read_time(std::chrono::milliseconds& time) {
    return [&time](const base::YamlNode& value) {
      time = std::chrono::milliseconds(value.milliseconds());
    };
  }

  /// A value that is missing turns this server off, not the gateway.
  bool expand_into(const base::YamlNode& value, std::string& text) {
    Expanded expanded = expand(value, directory_);
    text = std::move(expanded.text);
    if (expanded.missing.empty()) return true;
    if (server_.disabled.empty()) server_.disabled = expanded.missing + " (" + value.where() + ")";
    return false;
  }

  void read_url(const base::YamlNode& value) {
    has_url_ = true;
    if (!expand_into(value, server_.url)) return;
    if (server_.url.starts_with("https://")) {
      value.fail("https:// is not supported yet: TLS to upstreams is not part of this build");
    }
    const auto url = base::parse_url(server_.url);
    if (!url) value.fail("expected http://HOST[:PORT]/PATH: " + url.error().message);
  }

  void read_headers(const base::YamlNode& headers) {
    for (const auto& [key, value] : headers.entries()) {
      const std::string name = key.text();
      if (name.empty() || name.find_first_not_of(token_characters) != std::string::npos) {
        key.fail("'" + name + "' is no header name");
      }
      if (is_owned(name)) key.fail("the header '" + name + "' is set by the gateway alone");
      for (const auto& header : server_.headers) {
        if (base::same_name(header.first, name)) key.fail("the header '" + name + "' is set twice");
      }
      std::string text;
      expand_into(value, text);
      if (!is_header_value(text)) {
        value.fail("the value of the header '" + name + "' holds a control character");
      }
      server_.headers.emplace_back(name, std::move(text));
    }
  }

  void read_era(const base::YamlNode& value) {
    const std::string era = value.text();
    if (era == "auto") {
      server_.era = EraChoice::automatic;
    } else if (era == "modern") {
      server_.era = EraChoice::modern;
    } else if (era == "legacy") {
      server_.era = EraChoice::legacy;
    } else {
      value.fail("expected auto, modern or legacy; found '" + era + "'");
    }
  }

  void read_prefix(const base::YamlNode& value) {
    const std::string prefix = value.text();
    if (!prefix.empty() && !is_name(prefix)) {
      value.fail(
          "a prefix is empty, or 1 to 32 letters, digits, '_' and '-' without '__'; found '" +
          prefix + "'");
    }
    server_.prefix = prefix;
  }

  const std::filesystem::path& directory_;
  ServerConfig server_;
  bool has_url_ = false;
};

}  // namespace

void ServerList::read(const base::YamlNode& node, const std::filesystem::path& directory) {
  for (const auto& [key, value] : node.entries()) {
    const std::string name = key.text();
    if (!is_name(name)) {
      key.fail(
          "the name of a server is 1 to 32 letters, digits, '_' and '-' without '__'; found '" +
          name + "'");
    }
    const auto [earlier, is_new] = places_.emplace(name, key);
    if (!is_new) {
      key.fail("the server '" + name + "' is defined twice: here and at " +
               earlier->second.where());
    }
    servers_.push_back(ServerReader(name, directory).read(value));
  }
}

}  // namespace gateway
