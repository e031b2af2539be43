#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redis_connection.h"
#include "base/result.h"
#include "gateway/key_table.h"

namespace gateway {

struct Config;

/// Keys of agents and of people, `sl_<id>_<secret>`: 256 random bits, of which the store keeps only a
/// BLAKE2b hash (they need no slow hash; security-reliability.md §4.2). Several processes may use one
/// store.
/// check(), objection(), may_be_new() and away() are thread-safe and answer from memory; the rest
/// may block.
class KeyStore {
 public:
  /// Opens or makes the file. Code::unavailable when it cannot.
  static base::Result<std::unique_ptr<KeyStore>> open(const std::filesystem::path& file);
  /// Keys in Redis, which need not answer yet. What was read last counts for `cached`.
  static std::unique_ptr<KeyStore> open(const base::RedisAddress& redis,
                                        std::chrono::milliseconds cached);
  ~KeyStore();

  /// Makes an agent's key and returns its whole text, which is shown once and never kept.
  base::Result<std::string> create(std::string_view agent, std::chrono::seconds lifetime,
                                   std::int64_t now);
  /// The same for a person.
  base::Result<std::string> create_for_person(std::string_view person,
                                              std::chrono::seconds lifetime, std::int64_t now);
  /// Makes a key for the same holder and as long as the one with this id, which from then on is
  /// valid for `overlap` at most. Code::not_found when there is no such id, Code::invalid when it
  /// is valid no more.
  base::Result<std::string> rotate(std::string_view id, std::chrono::seconds overlap,
                                   std::int64_t now);
  /// All keys, newest first.
  base::Result<std::vector<KeyRecord>> list() const;
  /// Code::not_found when there is no such id. Revoking twice is fine.
  base::Status revoke(std::string_view id, std::int64_t now);

  /// The record of a valid key; nullopt for an unknown, wrong, expired or revoked one, all in the
  /// same time, and for every key while away().
  std::optional<KeyRecord> check(std::string_view key, std::int64_t now) const;
  /// Why the key of this id, which was valid once, is valid no more; nullopt: it still is.
  std::optional<std::string_view> objection(std::string_view id, std::int64_t now) const;
  /// Whether it has the form of a key and an id that is not known, as a key that was just made.
  bool may_be_new(std::string_view key) const;
  /// For how long what was read last counts, from now on; for keys in Redis.
  void count_for(std::chrono::milliseconds cached);
  /// Whether the store has not answered for so long that nothing read from it counts any more.
  bool away() const;

  /// Takes over what other processes changed; cheap when nothing did. Called every quarter second,
  /// so that a revocation holds within a second. Code::unavailable when the store cannot be read.
  base::Status refresh();

 private:
  struct State;
  base::Result<std::string> make(KeyRecord holder, std::chrono::seconds lifetime,
                                 std::int64_t now);
  explicit KeyStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The keys of a configuration: in its file, or in its Redis. Code::unavailable when the file
/// cannot be opened.
base::Result<std::unique_ptr<KeyStore>> open_key_store(const Config& config);

}  // namespace gateway
