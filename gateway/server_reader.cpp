#include "gateway/server_reader.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "base/crypto.h"
#include "base/file_reader.h"
#include "base/http_head.h"
#include "base/tls.h"
#include "base/url.h"

namespace gateway {
namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t longest_name = 32;
// RFC 9110 §5.6.2.
constexpr std::string_view token_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
// As much as fits into one message to the process that starts children, with room for the rest.
constexpr std::size_t most_child_bytes = 96 << 10;
constexpr std::size_t most_authority_bytes = 4 << 20;

/// Headers that the gateway itself writes, and those that belong to one connection (RFC 9110
/// §7.6.1).
constexpr std::string_view owned_headers[] = {
    "host",   "content-length",  "transfer-encoding", "connection", "content-type",
    "accept", "accept-encoding", "last-event-id",     "keep-alive", "proxy-connection",
    "te",     "trailer",         "upgrade",           "expect"};

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

void set_variable(std::vector<std::pair<std::string, std::string>>& environment,
                  const std::string& name, std::string value) {
  for (auto& entry : environment) {
    if (entry.first == name) {
      entry.second = std::move(value);
      return;
    }
  }
  environment.emplace_back(name, std::move(value));
}

class ServerReader {
 public:
  ServerReader(std::string name, const base::YamlNode& node, const ServerRules& rules)
      : node_(node), rules_(rules) {
    server_.name = std::move(name);
    server_.place = node.where();
    server_.directory = rules.directory;
  }

  ServerConfig read() {
    read_keys();
    if (has_url_ == !server_.command.empty()) {
      node_.fail("server " + server_.name + ": expected " +
                 (has_url_ ? "either 'url' or 'command', not both" : "the key 'url' or 'command'"));
    }
    check_kind();
    check_authorities();
    if (!program_) return std::move(server_);
    server_.command.insert(server_.command.begin() + 1, arguments_.begin(), arguments_.end());
    std::size_t bytes = 0;
    for (const std::string& argument : server_.command) bytes += argument.size();
    for (const auto& [name, value] : server_.environment) bytes += name.size() + value.size();
    if (bytes > most_child_bytes) node_.fail("its arguments and environment are longer than 96k");
    return std::move(server_);
  }

 private:
  using Node = base::YamlNode;

  void read_keys() {
    std::vector<base::YamlKey> keys = {
        {"url", [this](const Node& value) { read_url(value); }},
        {"headers", [this](const Node& value) { read_headers(value); }},
        {"command", [this](const Node& value) { read_command(value); }},
        {"args", [this](const Node& value) { read_arguments(value); }},
        // First the file: what is written here counts more.
        {"envFile", [this](const Node& value) { read_env_file(value); }},
        {"env", [this](const Node& value) { read_environment(value); }},
        {"cwd", [this](const Node& value) { read_directory(value); }},
    };
    if (rules_.ignored != nullptr) {
      keys.push_back({"type", [this](const Node& value) { read_client_type(value); }});
      keys.push_back({"disabled", [this](const Node& value) {
                        if (value.boolean()) disable("the file says so", value);
                      }});
      return read_lenient(keys);
    }
    keys.push_back({"ca", [this](const Node& value) { read_authorities(value); }});
    keys.push_back({"instances", [this](const Node& value) { read_instances(value); }});
    keys.push_back({"era", [this](const Node& value) { read_era(value); }});
    keys.push_back({"trusted", [this](const Node& value) { server_.trusted = value.boolean(); }});
    keys.push_back({"timeout", read_time(server_.timeout)});
    keys.push_back({"max_timeout", read_time(server_.max_timeout)});
    keys.push_back({"start_timeout", read_time(server_.start_timeout)});
    keys.push_back({"refresh", read_time(server_.refresh)});
    keys.push_back({"prefix", [this](const Node& value) { read_prefix(value); }});
    base::read_map(node_, keys,
                   {{"type", "'url' makes it a server over HTTP, 'command' one over stdio"}});
  }

  // Of a client's file: what is not known is listed, what is null counts as absent.
  void read_lenient(const std::vector<base::YamlKey>& keys) {
    const auto entries = node_.entries();
    for (const base::YamlKey& known : keys) {
      for (const auto& [key, value] : entries) {
        if (key.text() == known.name && !value.is_null()) known.read(value);
      }
    }
    for (const auto& [key, value] : entries) {
      const std::string name = key.text();
      if (std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return k.name == name; }))
        continue;
      rules_.ignored->push_back(server_.name + "." + name);
    }
  }

  // Keys of the other kind would be accepted and ignored.
  void check_kind() const {
    if (rules_.ignored != nullptr) return;
    const std::vector<std::string> others =
        has_url_ ? std::vector<std::string>{"args", "env", "envFile", "cwd", "instances"}
                 : std::vector<std::string>{"headers", "ca"};
    for (const auto& [key, value] : node_.entries()) {
      if (std::find(others.begin(), others.end(), key.text()) == others.end()) continue;
      key.fail("'" + key.text() + "' goes with '" + (has_url_ ? "command" : "url") +
               "', which server " + server_.name + " does not have");
    }
  }

  static std::function<void(const Node&)> read_time(std::chrono::milliseconds& time) {
    return [&time](const Node& value) { time = std::chrono::milliseconds(value.milliseconds()); };
  }

  void disable(const std::string& reason, const Node& place) {
    if (server_.disabled.empty()) server_.disabled = reason + " (" + place.where() + ")";
  }

  bool expand_into(const Node& value, std::string& text) {
    Expanded expanded = rules_.expand(value);
    text = std::move(expanded.text);
    if (expanded.missing.empty()) return true;
    disable(expanded.missing, value);
    return false;
  }

  void read_url(const Node& value) {
    has_url_ = true;
    if (!expand_into(value, server_.url)) return;
    const auto url = base::parse_url(server_.url);
    if (!url) value.fail("expected http[s]://HOST[:PORT]/PATH: " + url.error().message);
    secure_ = url->secure;
  }

  void read_authorities(const Node& value) {
    std::string file;
    if (!expand_into(value, file)) return;
    server_.authorities = (rules_.directory / file).lexically_normal();
    authorities_ = value;
  }

  void check_authorities() {
    if (!authorities_) return;
    if (!secure_) authorities_->fail("'ca' is for a url with https://");
    const auto text = base::read_file(server_.authorities, most_authority_bytes);
    if (!text) {
      authorities_->fail("no certificates of authorities can be read from " +
                         server_.authorities.string() + ": " + text.error().message);
    }
    server_.authorities_hash = base::blake2b_hex(*text);
    const auto usable = base::TlsContext::client(server_.authorities);
    if (!usable) authorities_->fail(usable.error().message);
  }

  void read_headers(const Node& headers) {
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

  void read_command(const Node& value) {
    std::string program;
    program_ = true;
    if (expand_into(value, program) && program.empty()) value.fail("the command is empty");
    server_.command.push_back(std::move(program));
  }

  void read_arguments(const Node& value) {
    for (const Node& item : value.items()) {
      Expanded expanded = rules_.expand(item);
      if (!expanded.missing.empty()) disable(expanded.missing, item);
      server_.secrets.insert(server_.secrets.end(), expanded.values.begin(), expanded.values.end());
      arguments_.push_back(std::move(expanded.text));
    }
  }

  void read_environment(const Node& value) {
    for (const auto& [key, item] : value.entries()) {
      const std::string name = key.text();
      if (name.empty() || name.find('=') != std::string::npos) {
        key.fail("'" + name + "' is no name of an environment variable");
      }
      if (rules_.ignored != nullptr && item.is_null()) continue;  // VS Code: not set
      std::string text;
      expand_into(item, text);
      set_variable(server_.environment, name, std::move(text));
    }
  }

  void read_env_file(const Node& value) {
    std::string name, missing;
    if (!expand_into(value, name)) return;
    const auto text = read_value_file((rules_.directory / name).lexically_normal(), missing);
    if (!text) return disable(missing, value);
    for (auto& [key, item] : parse_env_file(*text)) {
      set_variable(server_.environment, key, std::move(item));
    }
  }

  void read_directory(const Node& value) {
    std::string text;
    if (expand_into(value, text)) server_.directory = (rules_.directory / text).lexically_normal();
  }

  void read_instances(const Node& value) {
    const std::string text = value.text();
    if (text == "shared") {
      server_.instances = tools::Instances::shared;
    } else if (text == "agent") {
      server_.instances = tools::Instances::agent;
    } else if (text == "session") {
      server_.instances = tools::Instances::session;
    } else {
      value.fail("expected shared, agent or session; found '" + text + "'");
    }
  }

  void read_client_type(const Node& value) {
    const std::string type = value.text();
    if (type == "sse") disable("the older transport HTTP+SSE is not part of this build", value);
  }

  void read_era(const Node& value) {
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

  void read_prefix(const Node& value) {
    const std::string prefix = value.text();
    if (!prefix.empty() && !is_server_name(prefix)) {
      value.fail(
          "a prefix is empty, or 1 to 32 letters, digits, '_' and '-' without '__'; found '" +
          prefix + "'");
    }
    server_.prefix = prefix;
  }

  const Node& node_;
  const ServerRules& rules_;
  ServerConfig server_;
  std::vector<std::string> arguments_;
  bool has_url_ = false;
  bool secure_ = false;  // the url begins with https://
  std::optional<Node> authorities_;
  bool program_ = false;
};

}  // namespace

bool is_server_name(const std::string& text) {
  return !text.empty() && text.size() <= longest_name &&
         text.find_first_not_of(name_characters) == std::string::npos &&
         text.find("__") == std::string::npos;
}

ServerConfig read_server(std::string name, const base::YamlNode& node, const ServerRules& rules) {
  return ServerReader(std::move(name), node, rules).read();
}

std::vector<std::pair<std::string, std::string>> parse_env_file(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> variables;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto trim = [](std::string& part) {
      part.erase(part.find_last_not_of(" \t\r") + 1);
      part.erase(0, part.find_first_not_of(" \t"));
    };
    trim(line);
    if (line.starts_with("export ")) line.erase(0, 7);
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos || equals == 0) continue;
    std::string name = line.substr(0, equals);
    std::string value = line.substr(equals + 1);
    trim(name);
    trim(value);
    const bool quoted = value.size() >= 2 && value.front() == value.back() &&
                        (value.front() == '"' || value.front() == '\'');
    if (quoted) value = value.substr(1, value.size() - 2);
    set_variable(variables, name, std::move(value));
  }
  return variables;
}

}  // namespace gateway
