#include "gateway/restart_keys.h"

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace restart_keys_test {

using namespace gateway;

namespace {

struct Files {
  tests::TempDir dir;
  Files() { tests::write_file(dir / "policy.yaml", "agents: {}\n"); }

  Config load(const std::string& text) const {
    tests::write_file(dir / "sluice.yaml", text);
    return load_config(dir / "sluice.yaml");
  }
};

const std::string plain = "policies: [policy.yaml]\n";

}  // namespace

TEST_CASE("what a running gateway can take up is no reason for a restart", "[restart_keys]") {
  const Files files;
  tests::write_file(files.dir / "more.yaml", "roles: {}\n");
  const Config running = files.load(plain + "listen: 127.0.0.1:1\n");
  for (const std::string text :
       {"policies: [policy.yaml, more.yaml]\nlisten: 127.0.0.1:1\n",
        "listen: '127.0.0.1:1'\npolicies:\n  - policy.yaml\n",
        "policies: [policy.yaml]\nlisten: 127.0.0.1:1\nservers: {a: {url: 'http://h/mcp'}}\n",
        "policies: [policy.yaml]\nlisten: 127.0.0.1:1\ninclude: ['servers.d/*.yaml']\n",
        "policies: [policy.yaml]\nlisten: 127.0.0.1:1\nlimits: {body: 2M}\n"}) {
    CAPTURE(text);
    CHECK(check_live(running, files.load(text)).ok());
  }
}

TEST_CASE("what decides while the store is away can be changed while it is", "[restart_keys]") {
  const Files files;
  const std::string on_redis = plain + "store: redis://localhost\n";
  const Config running = files.load(on_redis + "store_down: {limits: local}\n");
  CHECK(check_live(running, files.load(on_redis + "store_down: {limits: deny}\n")).ok());
  CHECK(check_live(running, files.load(on_redis)).ok());
}

TEST_CASE("keys that need a restart are named with their place, all of them", "[restart_keys]") {
  const Files files;
  const Config running = files.load(plain);
  const std::string place = (files.dir / "sluice.yaml").string();
  const auto reason = [&](const std::string& text) {
    const auto live = check_live(running, files.load(text));
    return live ? "" : live.error().message;
  };
  CHECK(reason(plain + "threads: 3\n") ==
        place + ":2:10: 'threads' has changed, which needs a restart; until then nothing of these "
                "files is taken up");
  CHECK(reason(plain + "threads: 3\nlisten: 127.0.0.1:1\n")
            .starts_with(place + ":3:9: 'listen', 'threads' have changed, which needs"));
  for (const std::string key : {"hosts: [a.example]", "store: sqlite:other.db",
                                "journal: sqlite:other.db", "drain: 3s"}) {
    CAPTURE(key);
    CHECK_FALSE(reason(plain + key + "\n").empty());
  }
}

TEST_CASE("what a key says counts, also where the file's text is the same", "[restart_keys]") {
  const Files files;
  tests::write_file(files.dir / "address", "127.0.0.1:1\n");
  const std::string text = plain + "listen: ${file:address}\n";
  const Config running = files.load(text);
  tests::write_file(files.dir / "address", "127.0.0.1:2\n");
  CHECK_FALSE(check_live(running, files.load(text)));
}

TEST_CASE("a running gateway never goes on without its policies", "[restart_keys]") {
  const Files files;
  const Config with = files.load(plain);
  const Config without = files.load("listen: 127.0.0.1:8080\n");
  CHECK(check_live(with, without).error().message.find("'policies' is gone") != std::string::npos);
  CHECK(check_live(without, with).error().message.find("'policies' is new") != std::string::npos);
}

}  // namespace restart_keys_test
