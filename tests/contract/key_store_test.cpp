#include "gateway/key_store.h"

#include <memory>

#include <catch2/catch.hpp>

#include "base/blocking_loop.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace key_store_test {

using namespace gateway;
using namespace std::chrono_literals;
using base::Code;

namespace {

constexpr std::int64_t now = 1'700'000'000;

// A store, as several processes open it.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual std::unique_ptr<KeyStore> open() = 0;
};

class OnSqlite final : public Subject {
 public:
  std::unique_ptr<KeyStore> open() override { return *KeyStore::open(directory_ / "s.db"); }

 private:
  tests::TempDir directory_;
};

class OnRedis final : public Subject {
 public:
  std::unique_ptr<KeyStore> open() override { return KeyStore::open(server.address(), 15min); }
  tests::RedisServer server;
};

template <class Implementation>
std::unique_ptr<Subject> make() {
  return std::make_unique<Implementation>();
}

struct Named {
  const char* name;
  std::unique_ptr<Subject> (*make)();
};
const Named implementations[] = {{"sqlite", make<OnSqlite>}, {"redis", make<OnRedis>}};

std::string id_of(const std::string& key) { return key.substr(3, 12); }

}  // namespace

TEST_CASE("keys: a key is valid until it expires, for the process that made it and for others",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const auto first = subject->open(), second = subject->open();
    const std::string key = first->create("researcher", 1h, now).value();
    CHECK_FALSE(second->check(key, now));
    CHECK(second->may_be_new(key));
    REQUIRE(second->refresh());
    for (KeyStore* store : {first.get(), second.get()}) {
      const auto record = store->check(key, now);
      REQUIRE(record);
      CHECK(record->agent == "researcher");
      CHECK(record->id == id_of(key));
      CHECK(record->created == now);
      CHECK(record->expires == now + 3600);
      CHECK(store->check(key, now + 3599));
      CHECK_FALSE(store->check(key, now + 3600));
      CHECK_FALSE(store->may_be_new(key));
      CHECK_FALSE(store->away());
    }
    CHECK(subject->open()->check(key, now));
    std::string wrong = key;
    wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
    CHECK_FALSE(second->check(wrong, now));
    CHECK_FALSE(second->may_be_new(wrong));
    CHECK_FALSE(second->may_be_new("nonsense"));
  }
}

TEST_CASE("keys: a revocation holds in every process after its refresh, and for good",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const auto first = subject->open(), second = subject->open();
    const std::string key = first->create("a", 1h, now).value();
    const std::string other = first->create("b", 1h, now + 1).value();
    REQUIRE(second->refresh());
    REQUIRE(first->revoke(id_of(key), now + 5));
    REQUIRE(first->revoke(id_of(key), now + 6));
    CHECK_FALSE(first->check(key, now));
    CHECK(second->check(key, now));
    REQUIRE(second->refresh());
    CHECK_FALSE(second->check(key, now));
    CHECK(second->check(other, now));
    CHECK(first->revoke("nobody", now).error().code == Code::not_found);
    const auto records = second->list().value();
    REQUIRE(records.size() == 2);
    CHECK(records[0].agent == "b");
    CHECK(records[1].revoked == now + 5);
  }
}

TEST_CASE("keys: every process knows a person's key from an agent's, and its successor too",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const auto first = subject->open(), second = subject->open();
    const std::string agents = first->create("ann", 1h, now).value();
    const std::string persons = first->create_for_person("ann", 1h, now + 1).value();
    const std::string fresh = second->rotate(id_of(persons), 1h, now + 2).value();
    REQUIRE(first->refresh());
    REQUIRE(second->refresh());
    for (KeyStore* reader : {first.get(), second.get()}) {
      CHECK(reader->check(agents, now + 2)->agent == "ann");
      CHECK(reader->check(agents, now + 2)->person.empty());
      for (const std::string& key : {persons, fresh}) {
        CHECK(reader->check(key, now + 2)->person == "ann");
        CHECK(reader->check(key, now + 2)->agent.empty());
      }
    }
    CHECK(second->list().value()[1].person == "ann");
    CHECK(first->create_for_person("", 1h, now).error().code == Code::invalid);
  }
}

TEST_CASE("keys: a rotated key is as long as the old one, which is valid for the overlap",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const auto store = subject->open(), other = subject->open();
    const std::string old = store->create("a", 10h, now).value();
    const std::string fresh = other->rotate(id_of(old), 1h, now + 60).value();
    REQUIRE(store->refresh());
    for (KeyStore* reader : {store.get(), other.get()}) {
      CHECK(reader->check(old, now + 60 + 3599));
      CHECK_FALSE(reader->check(old, now + 60 + 3600));
      REQUIRE(reader->check(fresh, now + 60));
      CHECK(reader->check(fresh, now + 60)->agent == "a");
      CHECK(reader->check(fresh, now + 60)->expires == now + 60 + 36'000);
    }
    const std::string longer = store->rotate(id_of(fresh), 1000h, now + 60).value();
    CHECK(store->check(fresh, now + 60)->expires == now + 60 + 36'000);
    CHECK(store->rotate("nobody", 1h, now).error().code == Code::not_found);
    CHECK(store->rotate(id_of(old), 1h, now + 7200).error().code == Code::invalid);
    REQUIRE(store->revoke(id_of(longer), now));
    CHECK(store->rotate(id_of(longer), 1h, now + 60).error().code == Code::invalid);
    CHECK(store->list()->size() == 3);
  }
}

TEST_CASE("keys on Redis: while it is away what was read last counts, for as long as is allowed",
          "[contract]") {
  OnRedis subject;
  const auto patient = subject.open();
  const auto strict = KeyStore::open(subject.server.address(), 0ms);
  const std::string key = patient->create("a", 1h, now).value();
  REQUIRE(strict->refresh());
  subject.server.kill();
  CHECK(patient->refresh().error().code == Code::unavailable);
  CHECK(patient->check(key, now));
  CHECK_FALSE(patient->away());
  CHECK(patient->create("a", 1h, now).error().code == Code::unavailable);
  CHECK_FALSE(strict->refresh());
  for (int attempt = 0; attempt < 100 && !strict->away(); ++attempt) ::usleep(1'000);
  CHECK(strict->away());
  CHECK_FALSE(strict->check(key, now));
  const auto late = subject.open();  // has never read any
  CHECK(late->away());
  CHECK_FALSE(late->check(key, now));
  subject.server.start();
  for (int attempt = 0; attempt < 200 && !late->refresh(); ++attempt) ::usleep(20'000);
  CHECK_FALSE(late->away());
  CHECK(late->check(key, now));
}

TEST_CASE("keys on Redis: a store from before a revocation does not bring a key back",
          "[contract]") {
  OnRedis subject;
  const auto store = subject.open();
  const std::string key = store->create("a", 1h, now).value();
  REQUIRE(store->revoke(id_of(key), now));
  REQUIRE(store->refresh());  // so that the restored store is another
  base::BlockingLoop loop;
  base::RedisConnection redis(loop.loop(), subject.server.address());
  REQUIRE(loop.run(redis.command({"HDEL", "sluice:keys", id_of(key) + ":r", "version"})).ok());
  REQUIRE(store->refresh());
  CHECK_FALSE(store->check(key, now));
}

TEST_CASE("keys on Redis: a Redis that lost its data is noticed by the keys that it has since",
          "[contract]") {
  OnRedis subject;
  const auto first = subject.open(), second = subject.open();
  const std::string old = first->create("a", 1h, now).value();
  REQUIRE(second->refresh());
  base::BlockingLoop loop;
  base::RedisConnection redis(loop.loop(), subject.server.address());
  REQUIRE(loop.run(redis.command({"FLUSHALL"})).ok());
  const std::string fresh = first->create("b", 1h, now).value();
  REQUIRE(second->refresh());
  CHECK_FALSE(second->check(old, now));
  CHECK(second->check(fresh, now));
}

}  // namespace key_store_test
