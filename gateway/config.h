#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/redis_connection.h"
#include "gateway/webhook_config.h"
#include "policies/ledger/redis_ledger.h"
#include "policies/policy_files.h"
#include "runtime/settings.h"
#include "tools/upstream_settings.h"

namespace gateway {

/// How Sluice finds out which protocol an upstream speaks.
enum class EraChoice { automatic, modern, legacy };

/// One entry of `servers:`. Values of headers, arguments and environment may hold secrets: they are
/// never printed.
struct ServerConfig {
  std::string name;
  std::string place;  ///< FILE:LINE:COLUMN
  // Over HTTP:
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::filesystem::path authorities;  ///< PEM file; empty: those of the system
  std::string authorities_hash;       ///< of what it holds
  // Over stdio: the program and its arguments, what it gets beside the variables that every child
  // gets, and where it starts.
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path directory;
  tools::Instances instances = tools::Instances::shared;
  EraChoice era = EraChoice::automatic;
  bool trusted = false;
  std::optional<std::string> prefix;  ///< absent: the server's name; "": bare names
  std::chrono::milliseconds timeout{300'000};
  std::chrono::milliseconds max_timeout{3'600'000};
  std::chrono::milliseconds start_timeout{60'000};
  std::chrono::milliseconds refresh{300'000};
  std::vector<std::string> secrets;  ///< values of its arguments that came from elsewhere
  /// Why this server alone is off, e.g. an unset variable; "" when it is on.
  std::string disabled;

  bool is_stdio() const { return !command.empty(); }
};

/// `HOST:PORT` as written under `listen:`.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;

  bool operator==(const ListenAddress&) const = default;
};

/// A key of the file: where its value stands, and what is written there, in one form.
struct WrittenKey {
  std::string place;  ///< FILE:LINE:COLUMN
  std::string text;   ///< may hold a secret
};

/// `tls:`: PEM files; the certificate's chain follows it in its file.
struct TlsFiles {
  std::filesystem::path certificate, key;
};

/// What decides while Redis is away.
struct StoreDown {
  policies::ledger::StoreDown ledger;
  std::chrono::milliseconds keys_cached = std::chrono::minutes(15);  ///< at least a second
};

/// A loaded `sluice.yaml` (design §4). Paths are absolute.
struct Config {
  std::filesystem::path file;
  ListenAddress listen;
  std::optional<TlsFiles> tls;           ///< absent: plain HTTP
  std::optional<ListenAddress> metrics;  ///< of the listener for monitoring
  std::optional<ListenAddress> admin;    ///< of the admin listener over TCP, for people with keys
  std::chrono::milliseconds drain{30'000};  ///< how long calls in flight may take at the end
  std::string public_url;
  std::vector<std::string> hosts;           ///< names by which others reach it, beside loopback
  std::filesystem::path store;              ///< SQLite file; with Redis nothing is in it
  std::optional<base::RedisAddress> redis;  ///< where keys and counters are instead
  StoreDown store_down;
  std::optional<WebhookConfig> webhook;  ///< of approvals
  std::filesystem::path journal;                    ///< SQLite file
  std::filesystem::path admin_socket;               ///< unix socket beside the store
  std::vector<std::filesystem::path> policy_files;  ///< empty: no `policies:` key
  std::vector<ServerConfig> servers;                ///< in the order of the file
  runtime::Settings runtime;
  std::string seal_key;                 ///< as written; never printed. "": it is in the file
  std::filesystem::path seal_key_file;  ///< beside the store
  base::Limits limits;
  unsigned threads = 0;  ///< event loops; 0: one per core
  std::map<std::string, WrittenKey> written;  ///< the keys at the top of the file
};

/// Reads `sluice.yaml` and its includes. Throws base::ConfigError: unknown key, duplicate key, bad
/// value, a pattern that matches no file, two servers of one name (naming both places), or a key of
/// design §4 that this build does not carry out yet.
Config load_config(const std::filesystem::path& file);

}  // namespace gateway
