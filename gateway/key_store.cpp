#include "gateway/key_store.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/crypto.h"
#include "base/sqlite.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::SqliteDatabase;
using base::SqliteStatement;
using base::Status;

constexpr std::string_view prefix = "sl_";
constexpr std::string_view id_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view secret_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t id_length = 12;
constexpr std::size_t secret_length = 43;  // 256 bits
constexpr std::size_t key_length = prefix.size() + id_length + 1 + secret_length;
constexpr std::size_t longest_agent = 256;
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS keys(
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL,
  hash TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT;
)";

struct Key {
  KeyRecord record;
  std::string hash;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using Keys = std::unordered_map<std::string, Key, TextHash, std::equal_to<>>;

KeyRecord read_record(const SqliteStatement& row) {
  return {std::string(row.bytes(0)), std::string(row.bytes(1)), row.integer(2), row.integer(3),
          row.integer(4)};
}

Result<Keys> load(SqliteDatabase& database) {
  auto select = database.prepare("SELECT id, agent, created, expires, revoked, hash FROM keys");
  if (!select) return std::move(select).error();
  Keys keys;
  for (;;) {
    const Result<bool> row = select->step();
    if (!row) return row.error();
    if (!*row) return keys;
    KeyRecord record = read_record(*select);
    std::string id = record.id;
    keys.emplace(std::move(id), Key{std::move(record), std::string(select->bytes(5))});
  }
}

// What is wrong with the form is public; only the secret must not be found out by time.
std::string_view id_of(std::string_view key) {
  const bool formed =
      key.size() == key_length && key.starts_with(prefix) && key[prefix.size() + id_length] == '_';
  return formed ? key.substr(prefix.size(), id_length) : std::string_view();
}

}  // namespace

struct KeyStore::State {
  explicit State(SqliteDatabase opened) : database(std::move(opened)) {}

  std::mutex database_mutex;  // guards the two members below
  SqliteDatabase database;
  std::int64_t data_version = 0;

  std::mutex keys_mutex;  // guards keys
  std::shared_ptr<const Keys> keys = std::make_shared<const Keys>();

  // What an unknown key is compared with.
  const std::string nobody = base::blake2b_hex({});

  // With database_mutex held.
  Status reload() {
    Result<Keys> loaded = load(database);
    if (!loaded) return std::move(loaded).error();
    auto fresh = std::make_shared<const Keys>(*std::move(loaded));
    const std::lock_guard lock(keys_mutex);
    keys.swap(fresh);
    return {};
  }

  std::shared_ptr<const Keys> snapshot() {
    const std::lock_guard lock(keys_mutex);
    return keys;
  }
};

KeyStore::KeyStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyStore::~KeyStore() = default;

Result<std::unique_ptr<KeyStore>> KeyStore::open(const std::filesystem::path& file) {
  Result<SqliteDatabase> database = SqliteDatabase::open(file);
  if (!database) return std::move(database).error();
  const Status made = database->transaction([&] { return database->execute(schema); });
  if (!made) return made.error();
  std::unique_ptr<KeyStore> store(new KeyStore(std::make_unique<State>(*std::move(database))));
  if (Status read = store->refresh(); !read) return std::move(read).error();
  return store;
}

Result<std::string> KeyStore::create(std::string_view agent, std::chrono::seconds lifetime,
                                     std::int64_t now) {
  if (agent.empty() || agent.size() > longest_agent) {
    return Error{Code::invalid, "A key needs the name of an agent.", ""};
  }
  if (lifetime.count() <= 0 || lifetime.count() > latest - std::max<std::int64_t>(now, 0)) {
    return Error{Code::invalid, "A key's lifetime must be positive and end some day.", ""};
  }
  const std::string id = base::random_text(id_alphabet, id_length);
  std::string key = std::string(prefix) + id + '_';
  key += base::random_text(secret_alphabet, secret_length);

  const std::lock_guard lock(state_->database_mutex);
  auto insert = state_->database.prepare(
      "INSERT INTO keys(id, agent, hash, created, expires, revoked) VALUES(?1, ?2, ?3, ?4, ?5, 0)");
  if (!insert) return std::move(insert).error();
  insert->bind(1, id).bind(2, agent).bind(3, base::blake2b_hex(key));
  insert->bind(4, now).bind(5, now + lifetime.count());
  if (Status inserted = insert->run(); !inserted) return std::move(inserted).error();
  if (Status reloaded = state_->reload(); !reloaded) return std::move(reloaded).error();
  return key;
}

Result<std::vector<KeyRecord>> KeyStore::list() const {
  const std::lock_guard lock(state_->database_mutex);
  auto select = state_->database.prepare(
      "SELECT id, agent, created, expires, revoked FROM keys ORDER BY created DESC, rowid DESC");
  if (!select) return std::move(select).error();
  std::vector<KeyRecord> records;
  for (;;) {
    const Result<bool> row = select->step();
    if (!row) return row.error();
    if (!*row) return records;
    records.push_back(read_record(*select));
  }
}

Status KeyStore::revoke(std::string_view id, std::int64_t now) {
  const std::lock_guard lock(state_->database_mutex);
  auto update = state_->database.prepare(
      "UPDATE keys SET revoked = CASE revoked WHEN 0 THEN ?2 ELSE revoked END WHERE id = ?1");
  if (!update) return std::move(update).error();
  if (Status updated = update->bind(1, id).bind(2, now).run(); !updated) return updated;
  if (state_->database.changes() == 0) {
    return Error{Code::not_found, "There is no key with this id.", std::string(id.substr(0, 64))};
  }
  return state_->reload();
}

std::optional<KeyRecord> KeyStore::check(std::string_view key, std::int64_t now) const {
  const std::shared_ptr<const Keys> keys = state_->snapshot();
  const auto found = keys->find(id_of(key));
  const bool known = found != keys->end();
  // A key of any other length is unknown whatever its hash; the cut bounds the work.
  const std::string hash = base::blake2b_hex(key.substr(0, key_length));
  const bool equal = base::equal_constant_time(hash, known ? found->second.hash : state_->nobody);
  if (!known || !equal) return std::nullopt;
  const KeyRecord& record = found->second.record;
  if (record.revoked != 0 || now >= record.expires) return std::nullopt;
  return record;
}

Status KeyStore::refresh() {
  const std::lock_guard lock(state_->database_mutex);
  // The version first: what changes after it is read is seen by the next refresh.
  const Result<std::int64_t> version = state_->database.query_integer("PRAGMA data_version");
  if (!version) return version.error();
  if (*version == state_->data_version) return {};
  if (Status reloaded = state_->reload(); !reloaded) return reloaded;
  state_->data_version = *version;
  return {};
}

}  // namespace gateway
