#include "gateway/endpoint.h"

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/endpoint_fixture.h"
#include "tests/support/snapshot.h"

namespace endpoint_keys_test {

using namespace gateway;
using tests::body_of;
using tests::header_of;
using tests::now;
using Fixture = tests::EndpointFixture;

TEST_CASE("without a valid key the answer is 401 with a challenge, and the body is not parsed",
          "[endpoint]") {
  Fixture f;
  const HttpResponse none = f.send("POST /mcp", "", "{not json");
  CHECK(none.status == 401);
  CHECK(header_of(none, "WWW-Authenticate") == R"(Bearer realm="sluice")");
  std::string altered = f.alice;
  altered.back() = altered.back() == 'a' ? 'b' : 'a';
  for (const std::string& key : {std::string("nonsense"), std::string("sl_000000000000_x"), altered,
                                 f.alice + "x", f.alice.substr(0, f.alice.size() - 1)}) {
    const HttpResponse wrong =
        f.send("POST /mcp", "Authorization: Bearer " + key + "\r\n", "{not json");
    CHECK(wrong.status == 401);
    CHECK(header_of(wrong, "WWW-Authenticate").find("invalid_token") != std::string::npos);
    CHECK(body_of(wrong)["id"].is_null());
    CHECK(body_of(wrong)["error"]["message"] == "The key is not valid.");  // as SDKs show it
  }
}

TEST_CASE("an expired key is refused", "[endpoint]") {
  Fixture f;
  const std::string old_key = *f.keys->create("alice", std::chrono::seconds(10), now() - 11);
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(old_key, "tools/list").status == 401);
}

TEST_CASE("a revoked key is refused", "[endpoint]") {
  Fixture f;
  REQUIRE(f.keys->revoke(f.alice.substr(3, 12), now()).ok());
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(f.alice, "tools/list").status == 401);
}

TEST_CASE("a person's key is refused, also when an agent has the person's name", "[endpoint]") {
  Fixture f;
  const std::string key = *f.keys->create_for_person("alice", std::chrono::hours(1), now());
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(key, "tools/list").status == 401);
  CHECK(f.modern(f.alice, "tools/list").status == 200);
}

TEST_CASE("a key whose agent the policy no longer names is refused", "[endpoint]") {
  Fixture f;
  const std::string ghost = *f.keys->create("ghost", std::chrono::hours(1), now());
  REQUIRE(f.keys->refresh().ok());
  CHECK(f.modern(ghost, "tools/list").status == 401);
}

TEST_CASE("who was authenticated may not be any more, and it is said why", "[endpoint]") {
  Fixture f;
  const std::string id = f.alice.substr(3, 12), key = "key " + id;
  const pipeline::Principal alice{"alice", "", key};
  CHECK_FALSE(f.authenticator.objection(alice, now()));
  CHECK(f.authenticator.objection(alice, now() + 3600) == "its key has expired");
  CHECK(f.authenticator.objection({"alice", "", "key nobody"}, now()) == "its key is unknown");
  CHECK(f.authenticator.objection({"alice", "acme", key}, now()) == "its agent has another tenant");
  SECTION("an agent that the policy lost") {
    f.snapshot.set(tests::snapshot_of("agents: {bob: {roles: []}}", {}));
    CHECK(f.authenticator.objection(alice, now()) == "the policy names its agent no more");
  }
  SECTION("a revoked key") {
    REQUIRE(f.keys->revoke(id, now()).ok());
    CHECK(f.authenticator.objection(alice, now()) == "its key was revoked");
  }
}

}  // namespace endpoint_keys_test
