#include "gateway/pipeline/idempotency_key.h"

#include "tests/support/pipeline_fixture.h"

#include <catch2/catch.hpp>

namespace idempotency_key_test {

using base::Json;
using namespace gateway::pipeline;

namespace {

constexpr const char* keyed_policy = R"(
people: {ann: {login: ["unix:ann"], may: [approve]}}
agents: {alice: {roles: [all]}}
roles: {all: {allow: ["*"], approve: [{tools: pay/ask, by: [ann], wait: 0s}]}}
tools: {pay/plain: {effect: non_idempotent}, "pay/*": {effect: keyed, key_argument: key}}
)";

Json pay_definition(const std::string& name) {
  return {{"name", name},
          {"inputSchema",
           {{"type", "object"},
            {"properties", {{"amount", {{"type", "number"}}}, {"key", {{"type", "string"}}}}},
            {"required", {"amount", "key"}},
            {"minProperties", 2},
            {"additionalProperties", false}}}};
}

struct Fixture : tests::PipelineFixture {
  Fixture() {
    snapshot = tests::snapshot_of(
        keyed_policy, {tests::server_tools("pay", {pay_definition("refund"), pay_definition("ask"),
                                                   pay_definition("plain")})});
  }

  /// A call of pay/refund, as far as resolve() brings it.
  Call keyed_call(const std::string& request) {
    Call call = make_call("alice", "pay__refund", {{"amount", 5}});
    call.request_id = request;
    call.entry = snapshot->catalog->find("pay__refund");
    return call;
  }
  Outcome pay(Json arguments) { return run("alice", "pay__refund", std::move(arguments)); }
};

std::string text_of(const Outcome& outcome) {
  return outcome.result["content"][0]["text"].get<std::string>();
}

}  // namespace

TEST_CASE("a key is a UUID, the same for one intent and another for each other", "[keyed]") {
  Fixture f;
  const std::string key = idempotency_key(f.keyed_call("req_a"));
  REQUIRE(key.size() == 36);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) CHECK(key[dash] == '-');
  CHECK(key[14] == '8');
  CHECK(std::string("89ab").find(key[19]) != std::string::npos);
  CHECK(key == idempotency_key(f.keyed_call("req_a")));
  CHECK(key != idempotency_key(f.keyed_call("req_b")));
}

TEST_CASE("a later attempt is sent with the key of the earlier one", "[keyed]") {
  Fixture f;
  Call call = f.keyed_call("req_b");
  call.key = "k1";
  CHECK(keyed_arguments(call) == Json{{"amount", 5}, {"key", "k1"}});
}

TEST_CASE("the intent of a keyed call holds the key before anything is sent", "[keyed]") {
  Fixture f;
  std::string recorded;
  f.dispatcher.on_send = [&] { recorded = Json::parse(f.journal.entries[0].body)["key"]; };
  CHECK(f.pay({{"amount", 5}}).kind == Outcome::Kind::answered);
  CHECK(recorded == idempotency_key(f.keyed_call("req_1")));
  CHECK(recorded.size() == 36);
}

TEST_CASE("a call that is not keyed has no key in its intent", "[keyed]") {
  Fixture f;
  f.run("alice", "pay__plain", {{"amount", 5}, {"key", "mine"}});
  CHECK(f.dispatcher.sent == 1);
  CHECK_FALSE(Json::parse(f.journal.entries[0].body).contains("key"));
}

TEST_CASE("a key that the caller chose is refused, and nothing is sent", "[keyed]") {
  Fixture f;
  const Outcome outcome = f.pay({{"amount", 5}, {"key", "mine"}});
  CHECK(outcome.reason == "invalid_arguments");
  CHECK(text_of(outcome) ==
        "/key: expected nothing, because the gateway makes this key itself, found a value");
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("what is wrong with the other arguments is told as without a key", "[keyed]") {
  Fixture f;
  CHECK(text_of(f.pay(Json::object())).ends_with("expected property \"amount\", found missing"));
  CHECK(text_of(f.pay({{"amount", "x"}})).find("/amount: expected") == 0);
  const std::string unknown = text_of(f.pay({{"amount", 5}, {"memo", "x"}}));
  CHECK(unknown ==
        "the whole value: expected only properties named \"amount\", found property \"memo\"");
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("an approval of a keyed call is bound to what its caller sent", "[keyed]") {
  Fixture f;
  CHECK(f.run("alice", "pay__ask", {{"amount", 5}}).reason == "approval_pending");
  const Json asked = Json::parse(f.journal.entries[0].body);
  CHECK(asked["arguments"] == R"({"amount":5})");
}

TEST_CASE("a call whose key has no place any more is not sent again", "[keyed]") {
  Fixture f;
  Call call = f.make_call("alice", "pay__plain", {{"amount", 5}, {"key", "mine"}});
  call.key = "k1";
  const Outcome outcome = tests::run_task(f.pipeline.run(call));
  CHECK(outcome.kind == Outcome::Kind::refused);
  CHECK(outcome.reason == "no_key_argument");
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("a try that is turned away after one that was lost leaves the outcome unknown",
          "[keyed]") {
  Fixture f;
  ServerAnswer answer;
  answer.response.error = mcp::RpcError{mcp::code::invalid_params, "no", {}};
  f.dispatcher.answer = answer;
  CHECK(f.pay({{"amount", 5}}).kind == Outcome::Kind::failed);
  answer.after_loss = true;
  f.dispatcher.answer = answer;
  const Outcome outcome = f.pay({{"amount", 5}});
  CHECK(outcome.kind == Outcome::Kind::unknown);
  CHECK(text_of(outcome) == "Server pay failed: no. The call may have been carried out.");
}

}  // namespace idempotency_key_test
