#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gateway {

/// What is kept of an agent's key. Times are seconds since the epoch.
struct KeyRecord {
  std::string id;
  std::string agent;
  std::int64_t created = 0;
  std::int64_t expires = 0;
  std::int64_t revoked = 0;  ///< 0: not revoked
};

/// Agents' keys, `sl_<id>_<secret>`: 256 random bits, of which the store keeps only a BLAKE2b hash
/// (they need no slow hash; security-reliability.md §4.2). Several processes may use one file.
/// check() is thread-safe.
class KeyStore {
 public:
  /// Opens or makes the file. Code::unavailable when it cannot.
  static base::Result<std::unique_ptr<KeyStore>> open(const std::filesystem::path& file);
  ~KeyStore();

  /// Makes a key and returns its whole text, which is shown once and never kept.
  base::Result<std::string> create(std::string_view agent, std::chrono::seconds lifetime,
                                   std::int64_t now);
  /// All keys, newest first.
  base::Result<std::vector<KeyRecord>> list() const;
  /// Code::not_found when there is no such id. Revoking twice is fine.
  base::Status revoke(std::string_view id, std::int64_t now);

  /// The record of a valid key; nullopt for an unknown, wrong, expired or revoked one, all in the
  /// same time. Answers from memory.
  std::optional<KeyRecord> check(std::string_view key, std::int64_t now) const;

  /// Takes over what other processes changed; cheap when nothing did. Called every quarter second,
  /// so that a revocation holds within a second. Code::unavailable when the file cannot be read.
  base::Status refresh();

 private:
  struct State;
  explicit KeyStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gateway
