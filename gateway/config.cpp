#include "gateway/config.h"

#include <algorithm>

#include "base/json.h"
#include "base/sealer.h"
#include "base/tls.h"
#include "base/yaml.h"
#include "gateway/address_config.h"
#include "gateway/expand.h"
#include "gateway/limits_config.h"
#include "gateway/path_config.h"
#include "gateway/redis_config.h"
#include "gateway/runtime_config.h"
#include "gateway/server_config.h"

namespace gateway {
namespace {

/// sockaddr_un::sun_path less its terminating NUL (unix(7)).
constexpr std::size_t longest_socket_path = 107;
constexpr int most_threads = 64;

const std::string no_client_files =
    "it belongs to a client's file; run 'sluice servers import FILE', or serve that file with "
    "--mcp-config";

const std::vector<std::pair<std::string, std::string>> not_built = {
    {"issuers", "tokens of an issuer are not part of this build; use 'sluice key create'"},
    {"views", "views stand in a policy file"},
    {"mcpServers", no_client_files},
    {"inputs", no_client_files},
};

// The same for equal values, however they are laid out.
std::string one_form(const base::YamlNode& node) {
  std::string text;
  if (node.is_map()) {
    for (const auto& [key, value] : node.entries()) {
      text += base::dump_json(key.text()) + ":" + one_form(value) + ",";
    }
    return "{" + text + "}";
  }
  if (node.is_list()) {
    for (const base::YamlNode& item : node.items()) text += one_form(item) + ",";
    return "[" + text + "]";
  }
  return node.is_null() ? "null" : base::dump_json(node.text());
}

class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& file) {
    config_.file = std::filesystem::absolute(file).lexically_normal();
    directory_ = config_.file.parent_path();
    config_.store = directory_ / "sluice.db";
  }

  Config read(const base::YamlNode& root) {
    base::read_map(root,
                   {
                       {"listen", [this](const auto& node) { read_listen(node); }},
                       {"metrics", [this](const auto& node) { read_metrics(node); }},
                       {"admin", [this](const auto& node) { read_admin(node); }},
                       {"drain", [this](const auto& node) { read_drain(node); }},
                       {"tls", [this](const auto& node) { read_tls(node); }},
                       {"public_url", [this](const auto& node) { read_public_url(node); }},
                       {"hosts", [this](const auto& node) { read_hosts(node); }},
                       {"store", [this](const auto& node) { read_store(node); }},
                       {"store_down", [this](const auto& node) { read_store_down(node); }},
                       {"approvals", [this](const auto& node) { read_approvals(node); }},
                       {"journal", [this](const auto& node) { read_journal(node); }},
                       {"policies", [this](const auto& node) { read_policies(node); }},
                       {"servers", [this](const auto& node) { servers_.read(node, directory_); }},
                       {"include", [this](const auto& node) { read_includes(node); }},
                       {"limits", [this](const auto& node) { read_limits(node, config_.limits); }},
                       {"runtime", [this](const auto& node) { read_agents(node); }},
                       {"seal_key", [this](const auto& node) { read_seal_key(node); }},
                       {"threads", [this](const auto& node) { read_threads(node); }},
                   },
                   not_built);
    for (const auto& [key, value] : root.entries()) {
      config_.written[key.text()] = {value.where(), one_form(value)};
    }
    config_.servers = servers_.take();
    finish_hosts();
    check_listen(listen_.value_or(root));
    if (admin_) check_admin(*admin_);
    finish_paths(root);
    return std::move(config_);
  }

 private:
  void read_listen(const base::YamlNode& node) {
    config_.listen = parse_listen(node, expand_or_fail(node, directory_));
    listen_ = node;
  }

  void read_metrics(const base::YamlNode& node) {
    config_.metrics = parse_listen(node, expand_or_fail(node, directory_));
  }

  void read_admin(const base::YamlNode& node) {
    config_.admin = parse_listen(node, expand_or_fail(node, directory_));
    admin_ = node;
  }

  void read_drain(const base::YamlNode& node) {
    config_.drain = std::chrono::milliseconds(node.milliseconds());
  }

  void read_tls(const base::YamlNode& node) {
    TlsFiles files;
    const auto path = [this](std::filesystem::path& file) {
      return [this, &file](const base::YamlNode& value) {
        file = (directory_ / expand_or_fail(value, directory_)).lexically_normal();
      };
    };
    base::read_map(node, {{"cert", path(files.certificate)}, {"key", path(files.key)}});
    if (files.certificate.empty() || files.key.empty()) {
      node.fail("'tls' needs both: {cert: FILE, key: FILE}");
    }
    const auto usable = base::TlsContext::server(files.certificate, files.key);
    if (!usable) node.fail(usable.error().message);
    config_.tls = std::move(files);
  }

  void read_public_url(const base::YamlNode& node) {
    PublicUrl url = parse_public_url(node, expand_or_fail(node, directory_));
    config_.public_url = std::move(url.url);
    public_host_ = std::move(url.host);
  }

  void read_hosts(const base::YamlNode& node) {
    for (const base::YamlNode& item : node.items()) {
      config_.hosts.push_back(parse_host(item, expand_or_fail(item, directory_)));
    }
  }

  void read_store(const base::YamlNode& node) {
    config_.redis = parse_redis(node, directory_);
    if (!config_.redis) config_.store = parse_database(node, directory_);
    store_ = node;
  }

  void read_store_down(const base::YamlNode& node) {
    config_.store_down = parse_store_down(node);
    store_down_ = node;
  }

  void read_approvals(const base::YamlNode& node) {
    config_.webhook = parse_approvals(node, directory_);
  }

  void read_journal(const base::YamlNode& node) {
    config_.journal = parse_database(node, directory_);
    journal_ = node;
  }

  void read_policies(const base::YamlNode& node) {
    config_.policy_files = match_files(node, directory_);
  }

  void read_includes(const base::YamlNode& node) {
    // `sluice servers add` may still have to write the first file.
    for (const std::filesystem::path& file : match_files(node, directory_, true)) {
      for (const auto& [key, value] : base::YamlNode::load(file.string()).entries()) {
        if (key.text() != "servers") {
          key.fail("an included file holds 'servers' alone; found '" + key.text() + "'");
        }
        servers_.read(value, file.parent_path());
      }
    }
  }

  void read_agents(const base::YamlNode& node) {
    config_.runtime = read_runtime(node, directory_);
  }

  void read_seal_key(const base::YamlNode& node) {
    config_.seal_key = expand_or_fail(node, directory_);
    if (auto sealer = base::Sealer::from_key(config_.seal_key); !sealer) {
      node.fail(sealer.error().message);
    }
  }

  void read_threads(const base::YamlNode& node) {
    config_.threads = static_cast<unsigned>(node.integer(1, most_threads));
  }

  void finish_hosts() {
    const auto& hosts = config_.hosts;
    if (public_host_.empty()) return;
    if (std::find(hosts.begin(), hosts.end(), public_host_) != hosts.end()) return;
    config_.hosts.push_back(public_host_);
  }

  void check_listen(const base::YamlNode& place) const {
    if (is_loopback(config_.listen)) return;
    if (config_.policy_files.empty()) {
      place.fail(
          "without 'policies' Sluice serves loopback only: write 'policies', or listen on "
          "127.0.0.1");
    }
    if (config_.hosts.empty()) {
      place.fail(
          "others can reach this address: write 'public_url' or 'hosts' with the names by "
          "which they do");
    }
  }

  void check_admin(const base::YamlNode& place) const {
    if (config_.policy_files.empty()) {
      place.fail(
          "without 'policies' there are no people who could come with a key; use the socket");
    }
    if (is_loopback(*config_.admin)) return;
    if (!config_.tls) {
      place.fail(
          "others can reach this address, and keys of people must not cross a network in the "
          "clear: write 'tls', or listen on 127.0.0.1");
    }
    if (config_.hosts.empty()) {
      place.fail(
          "others can reach this address: write 'public_url' or 'hosts' with the names by "
          "which they do");
    }
  }

  void finish_paths(const base::YamlNode& root) {
    if (store_down_ && !config_.redis) {
      store_down_->fail("'store_down' is for a store on Redis; this one is part of the process");
    }
    const std::filesystem::path beside = config_.store.parent_path();
    config_.seal_key_file = beside / "seal.key";
    if (config_.journal.empty()) config_.journal = beside / "journal.db";
    if (config_.journal == config_.store) {
      journal_.value_or(store_.value_or(root))
          .fail("the store and the journal must be two files; both are " + config_.store.string());
    }
    config_.admin_socket = beside / (config_.store.stem().string() + ".sock");
    const std::size_t length = config_.admin_socket.string().size();
    if (length > longest_socket_path) {
      store_.value_or(root).fail(
          "the admin socket's path is " + std::to_string(length) +
          " bytes long, the system takes " + std::to_string(longest_socket_path) +
          ": put the store at a shorter path; it would be " + config_.admin_socket.string());
    }
  }

  Config config_;
  std::filesystem::path directory_;
  ServerList servers_;
  std::string public_host_;
  // Where these keys are written, for errors that show only when all is read.
  std::optional<base::YamlNode> listen_, admin_, store_, store_down_, journal_;
};

}  // namespace

Config load_config(const std::filesystem::path& file) {
  const base::YamlNode root = base::YamlNode::load(file.string());
  return ConfigReader(file).read(root);
}

}  // namespace gateway
