#include <string>

#include <catch2/catch.hpp>

#include "tests/support/approve_fixture.h"
#include "tests/support/asks.h"

namespace approve_edit_test {

using base::Json;
using namespace gateway::pipeline;
using tests::approve_policy;
using tests::replaced;
using tests::snapshot_with;
using Fixture = tests::ApproveFixture;

TEST_CASE("of an edited call the edit is sent, the caller is told, and the record shows both",
          "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"ho"})").ok());
  const Outcome outcome = f.run();
  CHECK(f.dispatcher.arguments == Json{{"message", "ho"}});
  CHECK(outcome.result["content"][1]["text"] ==
        R"(ann approved this call with other arguments: {"message":"ho"})");
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["arguments"] == Json{{"message", "ho"}});
  const Json audit = f.last("audit");
  CHECK(audit["arguments"] != audit["approval"]["asked_arguments"]);
}

TEST_CASE("an edit is checked like any call", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  CHECK(f.edit(id, R"({"message":7})").error().message.find("/message") != std::string::npos);
  CHECK(f.edit(id, R"({"message":"longer than nine"})").error().message.find("/message") !=
        std::string::npos);
  CHECK(f.edit(id, R"(["message"])").error().message == "The arguments must be one JSON object.");
  CHECK(f.edit(id, R"({"message":"ho","x":123456789012345678901234567890})").error().code ==
        base::Code::invalid);
  f.snapshot = snapshot_with(approve_policy, "now it does something else");
  CHECK(f.edit(id, R"({"message":"ho"})").error().code == base::Code::invalid);
}

TEST_CASE("an edit that rules allow no more is not sent", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"ninechars"})").ok());
  f.snapshot = snapshot_with(replaced(approve_policy, "budgets",
                                      "deny: [{tool: files/write, arguments: {required: [message], "
                                      "properties: {message: {const: ninechars}}}}]\n    budgets"));
  const Outcome outcome = f.run();
  CHECK(outcome.reason == "arguments_not_allowed");
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.last("approval")["event"] == "ended");
}

TEST_CASE("an edit to arguments that need no approval goes out with it", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  REQUIRE(f.edit(id, R"({"message":"free"})").ok());
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.arguments == Json{{"message", "free"}});
}

}  // namespace approve_edit_test
