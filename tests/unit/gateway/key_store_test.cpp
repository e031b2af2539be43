#include "gateway/key_store.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <thread>

#include <catch2/catch.hpp>

#include "base/crypto.h"
#include "base/sqlite.h"
#include "tests/support/temp_dir.h"

namespace key_store_test {

using namespace gateway;
using namespace std::chrono_literals;
using base::Code;

namespace {

constexpr std::int64_t now = 1'700'000'000;

struct Fixture {
  tests::TempDir directory;
  std::filesystem::path file = directory / "s.db";
  std::unique_ptr<KeyStore> store = KeyStore::open(file).value();
  std::string key = store->create("researcher", 1h, now).value();
  std::string id = key.substr(3, 12);
};

std::string file_content(const std::filesystem::path& file) {
  auto database = base::SqliteDatabase::open(file).value();
  auto select = database.prepare("SELECT id || agent || hash FROM keys").value();
  std::string content;
  while (*select.step()) content += select.bytes(0);
  return content;
}

}  // namespace

TEST_CASE("keys of a store from before people had some are agents' keys", "[keys]") {
  tests::TempDir directory;
  const std::string key = "sl_abcdefghijkl_" + std::string(43, 'x');
  {
    auto database = base::SqliteDatabase::open(directory / "s.db").value();
    REQUIRE(database.execute(
        "CREATE TABLE keys(id TEXT PRIMARY KEY, agent TEXT NOT NULL, hash TEXT NOT NULL, created "
        "INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT"));
    const std::string row = "INSERT INTO keys VALUES('abcdefghijkl', 'researcher', '" +
                            base::blake2b_hex(key) + "', 1, 2000000000, 0)";
    REQUIRE(database.execute(row.c_str()));
  }
  for (int opened = 0; opened < 2; ++opened) {
    const auto store = KeyStore::open(directory / "s.db").value();
    CHECK(store->check(key, now)->agent == "researcher");
    CHECK(store->check(key, now)->person.empty());
    CHECK(store->create_for_person("ann", 1h, now).ok());
  }
}

TEST_CASE("a key has the documented form", "[keys]") {
  Fixture fixture;
  const std::string& key = fixture.key;
  CHECK(key.size() == 59);
  CHECK(key.starts_with("sl_"));
  CHECK(fixture.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
  CHECK(key[15] == '_');
  CHECK(std::all_of(key.begin() + 16, key.end(), [](unsigned char c) { return std::isalnum(c); }));
}

TEST_CASE("a valid key gives its record", "[keys]") {
  Fixture fixture;
  const auto record = fixture.store->check(fixture.key, now);
  REQUIRE(record);
  CHECK(record->id == fixture.id);
  CHECK(record->agent == "researcher");
  CHECK(record->created == now);
  CHECK(record->expires == now + 3600);
  CHECK(record->revoked == 0);
}

TEST_CASE("a key is known after the store is opened again", "[keys]") {
  Fixture fixture;
  fixture.store.reset();
  CHECK(KeyStore::open(fixture.file).value()->check(fixture.key, now));
}

TEST_CASE("the file does not hold the secret", "[keys]") {
  Fixture fixture;
  const std::string content = file_content(fixture.file);
  CHECK(content.find(fixture.id) != std::string::npos);
  CHECK(content.find(fixture.key.substr(16)) == std::string::npos);
}

TEST_CASE("a key is refused when any of its characters is changed", "[keys]") {
  Fixture fixture;
  for (std::size_t i = 0; i < fixture.key.size(); ++i) {
    std::string wrong = fixture.key;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    CHECK_FALSE(fixture.store->check(wrong, now));
  }
}

TEST_CASE("a key is refused when it is cut short or goes on", "[keys]") {
  Fixture fixture;
  for (std::size_t length = 0; length < fixture.key.size(); ++length) {
    CHECK_FALSE(fixture.store->check(fixture.key.substr(0, length), now));
  }
  CHECK_FALSE(fixture.store->check(fixture.key + "a", now));
  CHECK_FALSE(fixture.store->check(fixture.key + std::string(1 << 20, 'a'), now));
}

TEST_CASE("the secret of one key does not open another", "[keys]") {
  Fixture fixture;
  const std::string other = fixture.store->create("writer", 1h, now).value();
  CHECK_FALSE(fixture.store->check(fixture.key.substr(0, 16) + other.substr(16), now));
}

TEST_CASE("a key is refused from the second of its expiry", "[keys]") {
  Fixture fixture;
  CHECK(fixture.store->check(fixture.key, now + 3599));
  CHECK_FALSE(fixture.store->check(fixture.key, now + 3600));
}

TEST_CASE("a revoked key is refused at once, and others are not", "[keys]") {
  Fixture fixture;
  const std::string other = fixture.store->create("writer", 1h, now).value();
  CHECK(fixture.store->revoke(fixture.id, now));
  CHECK_FALSE(fixture.store->check(fixture.key, now));
  CHECK(fixture.store->check(other, now));
}

TEST_CASE("revoking twice keeps the first time", "[keys]") {
  Fixture fixture;
  CHECK(fixture.store->revoke(fixture.id, now + 1));
  CHECK(fixture.store->revoke(fixture.id, now + 2));
  CHECK(fixture.store->list()->front().revoked == now + 1);
}

TEST_CASE("an id that does not exist cannot be revoked", "[keys]") {
  Fixture fixture;
  CHECK(fixture.store->revoke("nobody", now).error().code == Code::not_found);
  CHECK(fixture.store->revoke("", now).error().code == Code::not_found);
}

TEST_CASE("keys are listed newest first", "[keys]") {
  Fixture fixture;
  CHECK(fixture.store->create("second", 1h, now));
  CHECK(fixture.store->create("third", 1h, now + 1));
  const auto records = fixture.store->list().value();
  REQUIRE(records.size() == 3);
  CHECK(records[0].agent == "third");
  CHECK(records[1].agent == "second");
  CHECK(records[2].agent == "researcher");
}

TEST_CASE("another process knows a new key after its refresh", "[keys]") {
  Fixture fixture;
  const auto other = KeyStore::open(fixture.file).value();
  const std::string key = fixture.store->create("writer", 1h, now).value();
  CHECK_FALSE(other->check(key, now));
  CHECK(other->refresh());
  CHECK(other->check(key, now));
}

TEST_CASE("another process refuses a revoked key after its refresh", "[keys]") {
  Fixture fixture;
  const auto other = KeyStore::open(fixture.file).value();
  CHECK(fixture.store->revoke(fixture.id, now));
  CHECK(other->check(fixture.key, now));
  CHECK(other->refresh());
  CHECK_FALSE(other->check(fixture.key, now));
}

TEST_CASE("a change by another process is seen after a change of one's own", "[keys]") {
  Fixture fixture;
  const auto other = KeyStore::open(fixture.file).value();
  CHECK(other->create("writer", 1h, now));
  CHECK(fixture.store->revoke(fixture.id, now));
  CHECK(other->refresh());
  CHECK_FALSE(other->check(fixture.key, now));
}

TEST_CASE("a refresh that fails keeps what is known", "[keys]") {
  Fixture fixture;
  auto database = base::SqliteDatabase::open(fixture.file).value();
  REQUIRE(database.execute("DROP TABLE keys"));
  CHECK_FALSE(fixture.store->refresh());
  CHECK(fixture.store->check(fixture.key, now));
}

TEST_CASE("a key needs an agent of sensible length", "[keys]") {
  Fixture fixture;
  CHECK(fixture.store->create("", 1h, now).error().code == Code::invalid);
  CHECK(fixture.store->create(std::string(257, 'a'), 1h, now).error().code == Code::invalid);
}

TEST_CASE("a key needs a lifetime that ends", "[keys]") {
  Fixture fixture;
  CHECK(fixture.store->create("a", 0s, now).error().code == Code::invalid);
  CHECK(fixture.store->create("a", -1s, now).error().code == Code::invalid);
  CHECK(fixture.store->create("a", std::chrono::seconds::max(), now).error().code == Code::invalid);
}

TEST_CASE("a file that cannot be made is unavailable", "[keys]") {
  const tests::TempDir directory;
  CHECK(KeyStore::open(directory / "no/s.db").error().code == Code::unavailable);
}

TEST_CASE("keys are checked while others are made and taken over", "[keys]") {
  Fixture fixture;
  std::atomic<bool> stop = false;
  std::atomic<int> refused = 0;
  {
    std::jthread checker([&] {
      while (!stop) refused += fixture.store->check(fixture.key, now) ? 0 : 1;
    });
    for (int i = 0; i < 20; ++i) CHECK(fixture.store->create("writer", 1h, now));
    CHECK(fixture.store->refresh());
    stop = true;
  }
  CHECK(refused == 0);
}

}  // namespace key_store_test
