#include "gateway/key_store.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/crypto.h"
#include "gateway/config.h"
#include "gateway/redis_key_table.h"
#include "gateway/sqlite_key_table.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;

constexpr std::string_view prefix = "sl_";
constexpr std::string_view id_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view secret_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t id_length = 12;
constexpr std::size_t secret_length = 43;  // 256 bits
constexpr std::size_t key_length = prefix.size() + id_length + 1 + secret_length;
constexpr std::size_t longest_name = 256;
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using Keys = std::unordered_map<std::string, StoredKey, TextHash, std::equal_to<>>;

// What is wrong with the form is public; only the secret must not be found out by time.
std::string_view id_of(std::string_view key) {
  const bool formed =
      key.size() == key_length && key.starts_with(prefix) && key[prefix.size() + id_length] == '_';
  return formed ? key.substr(prefix.size(), id_length) : std::string_view();
}

struct MadeKey {
  std::string text;
  StoredKey stored;
};

// For the holder of `record`, whose other members are set here.
MadeKey make_key(KeyRecord record, std::chrono::seconds lifetime, std::int64_t now) {
  record.id = base::random_text(id_alphabet, id_length);
  record.created = now;
  record.expires = now + lifetime.count();
  record.revoked = 0;
  std::string key = std::string(prefix) + record.id + '_';
  key += base::random_text(secret_alphabet, secret_length);
  StoredKey stored{std::move(record), base::blake2b_hex(key)};
  return {std::move(key), std::move(stored)};
}

Error unknown_id(std::string_view id) {
  return {Code::not_found, "There is no key with this id.", std::string(id.substr(0, 64))};
}

}  // namespace

struct KeyStore::State {
  State(std::unique_ptr<KeyTable> opened, std::chrono::milliseconds counts_for)
      : table(std::move(opened)), cached(counts_for) {}

  std::mutex table_mutex;  // guards the two members below
  const std::unique_ptr<KeyTable> table;
  std::optional<std::int64_t> version;

  std::atomic<std::chrono::milliseconds> cached;
  std::atomic<std::chrono::steady_clock::rep> answered{0};  // milliseconds; 0: never

  std::mutex keys_mutex;  // guards keys
  std::shared_ptr<const Keys> keys = std::make_shared<const Keys>();

  // What an unknown key is compared with.
  const std::string nobody = base::blake2b_hex({});

  static std::chrono::steady_clock::rep milliseconds_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::ceil<std::chrono::milliseconds>(now).count();
  }

  // With table_mutex held. What was revoked stays so, whatever a restored store says.
  Status reload() {
    Result<std::vector<StoredKey>> loaded = table->all();
    if (!loaded) return std::move(loaded).error();
    const std::shared_ptr<const Keys> known = snapshot();
    auto fresh = std::make_shared<Keys>();
    for (StoredKey& key : *loaded) {
      const auto before = known->find(key.record.id);
      if (before != known->end() && key.record.revoked == 0) {
        key.record.revoked = before->second.record.revoked;
      }
      std::string id = key.record.id;
      fresh->emplace(std::move(id), std::move(key));
    }
    const std::lock_guard lock(keys_mutex);
    keys = std::move(fresh);
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
  auto table = SqliteKeyTable::open(file);
  if (!table) return std::move(table).error();
  std::unique_ptr<KeyStore> store(
      new KeyStore(std::make_unique<State>(*std::move(table), std::chrono::milliseconds::max())));
  if (Status read = store->refresh(); !read) return std::move(read).error();
  return store;
}

std::unique_ptr<KeyStore> KeyStore::open(const base::RedisAddress& redis,
                                         std::chrono::milliseconds cached) {
  std::unique_ptr<KeyStore> store(
      new KeyStore(std::make_unique<State>(std::make_unique<RedisKeyTable>(redis), cached)));
  (void)store->refresh();  // it is away() until the first that succeeds
  return store;
}

Result<std::string> KeyStore::create(std::string_view agent, std::chrono::seconds lifetime,
                                     std::int64_t now) {
  KeyRecord holder;
  holder.agent = agent;
  return make(std::move(holder), lifetime, now);
}

Result<std::string> KeyStore::create_for_person(std::string_view person,
                                                std::chrono::seconds lifetime, std::int64_t now) {
  KeyRecord holder;
  holder.person = person;
  return make(std::move(holder), lifetime, now);
}

Result<std::string> KeyStore::make(KeyRecord holder, std::chrono::seconds lifetime,
                                   std::int64_t now) {
  const std::size_t length = holder.agent.size() + holder.person.size();
  if (length == 0 || length > longest_name) {
    return Error{Code::invalid, "A key needs the name of an agent or a person.", ""};
  }
  if (lifetime.count() <= 0 || lifetime.count() > latest - std::max<std::int64_t>(now, 0)) {
    return Error{Code::invalid, "A key's lifetime must be positive and end some day.", ""};
  }
  MadeKey key = make_key(std::move(holder), lifetime, now);
  const std::lock_guard lock(state_->table_mutex);
  if (Status inserted = state_->table->insert(key.stored); !inserted) {
    return std::move(inserted).error();
  }
  if (Status reloaded = state_->reload(); !reloaded) return std::move(reloaded).error();
  return std::move(key.text);
}

Result<std::string> KeyStore::rotate(std::string_view id, std::chrono::seconds overlap,
                                     std::int64_t now) {
  const std::lock_guard lock(state_->table_mutex);
  if (Status reloaded = state_->reload(); !reloaded) return std::move(reloaded).error();
  const std::shared_ptr<const Keys> keys = state_->snapshot();
  const auto found = keys->find(id);
  if (found == keys->end()) return unknown_id(id);
  const KeyRecord& old = found->second.record;
  if (old.revoked != 0 || now >= old.expires) {
    return Error{Code::invalid, "This key is valid no more: make a new one with 'key create'.", ""};
  }
  MadeKey key = make_key(old, std::chrono::seconds(old.expires - old.created), now);
  const Result<bool> replaced = state_->table->replace(id, now + overlap.count(), key.stored);
  if (!replaced) return replaced.error();
  if (!*replaced) return unknown_id(id);
  if (Status reloaded = state_->reload(); !reloaded) return std::move(reloaded).error();
  return std::move(key.text);
}

Result<std::vector<KeyRecord>> KeyStore::list() const {
  const std::lock_guard lock(state_->table_mutex);
  auto keys = state_->table->all();
  if (!keys) return std::move(keys).error();
  std::vector<KeyRecord> records;
  for (StoredKey& key : *keys) records.push_back(std::move(key.record));
  return records;
}

Status KeyStore::revoke(std::string_view id, std::int64_t now) {
  const std::lock_guard lock(state_->table_mutex);
  const Result<bool> revoked = state_->table->revoke(id, now);
  if (!revoked) return revoked.error();
  if (!*revoked) return unknown_id(id);
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
  if (away()) return std::nullopt;
  return record;
}

std::optional<std::string_view> KeyStore::objection(std::string_view id, std::int64_t now) const {
  const std::shared_ptr<const Keys> keys = state_->snapshot();
  const auto found = keys->find(id);
  if (found == keys->end()) return "its key is unknown";
  if (found->second.record.revoked != 0) return "its key was revoked";
  if (found->second.record.expires <= now) return "its key has expired";
  if (away()) return "the store of keys does not answer";
  return std::nullopt;
}

bool KeyStore::may_be_new(std::string_view key) const {
  const std::string_view id = id_of(key);
  return !id.empty() && !state_->snapshot()->contains(id);
}

void KeyStore::count_for(std::chrono::milliseconds cached) { state_->cached = cached; }

bool KeyStore::away() const {
  const std::chrono::milliseconds cached = state_->cached;
  if (cached == std::chrono::milliseconds::max()) return false;
  const auto answered = state_->answered.load();
  return answered == 0 || State::milliseconds_now() - answered > cached.count();
}

Status KeyStore::refresh() {
  const std::lock_guard lock(state_->table_mutex);
  // The version first: what changes after it is read is seen by the next refresh.
  const Result<std::int64_t> version = state_->table->version();
  if (!version) return version.error();
  if (state_->version != *version) {
    if (Status reloaded = state_->reload(); !reloaded) return reloaded;
    state_->version = *version;
  }
  state_->answered = State::milliseconds_now();
  return {};
}

Result<std::unique_ptr<KeyStore>> open_key_store(const Config& config) {
  if (!config.redis) return KeyStore::open(config.store);
  return KeyStore::open(*config.redis, config.store_down.keys_cached);
}

}  // namespace gateway
