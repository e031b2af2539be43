#include "gateway/approval_webhook.h"

#include <catch2/catch.hpp>

#include "base/base64.h"
#include "base/crypto.h"
#include "base/json.h"
#include "tests/support/asks.h"

namespace approval_webhook_test {

using base::Json;
using policies::approvals::Approval;
using policies::approvals::Notice;
using policies::approvals::State;

namespace {

Approval approval_of(const std::string& arguments) {
  Approval approval;
  approval.id = "apr_7K2M0QXR";
  approval.ask = tests::ask_of(arguments);
  approval.clauses = approval.ask.terms.clauses;
  return approval;
}

}  // namespace

TEST_CASE("messages are signed as the example of Standard Webhooks is", "[webhook]") {
  const auto secret = base::base64_decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(secret);
  CHECK(gateway::webhook_signature(*secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                                   R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("a notification shows what waits for whom, and no value of an argument", "[webhook]") {
  const std::string arguments = R"({"path":"/secret","deep":{"inner":"value"}})";
  const std::string text = gateway::notification_body(approval_of(arguments), Notice::created, {});
  const Json body = Json::parse(text);
  CHECK(body["type"] == "approval.created");
  CHECK(body["timestamp"] == "1970-01-01T00:00:00.000Z");
  const Json& data = body["data"];
  CHECK(data["approval"] == "apr_7K2M0QXR");
  CHECK(data["waits_for"] == Json{"ops"});
  CHECK(data["rules"] == Json{"role writer: approve */delete by ops"});
  CHECK(data["arguments"] == Json{{"hash", base::blake2b_hex(arguments)},
                                  {"bytes", arguments.size()},
                                  {"names", {"path", "deep"}}});
  for (const char* hidden : {"secret", "inner", "value"}) {
    CHECK(text.find(hidden) == std::string::npos);
  }
  CHECK_FALSE(data.contains("decided_by"));
}

TEST_CASE("a notification says which budgets a call would go over", "[webhook]") {
  Approval approval = approval_of("{}");
  const auto budgets_of = [&] {
    const Json body = Json::parse(gateway::notification_body(approval, Notice::created, {}));
    return body["data"].value("budgets", Json());
  };
  CHECK(budgets_of().is_null());
  approval.clauses.back().why = "Budget writer/daily: 5.00 of 5.00 EUR used.";
  CHECK(budgets_of() == Json{"Budget writer/daily: 5.00 of 5.00 EUR used."});
}

TEST_CASE("what is told of arguments is bounded", "[webhook]") {
  std::string arguments = "{\"" + std::string(100, 'n') + "\":1";
  for (int i = 0; i < 1000; ++i) arguments += ",\"a" + std::to_string(i) + "\":1";
  const Json body =
      Json::parse(gateway::notification_body(approval_of(arguments + "}"), Notice::created, {}));
  CHECK(body["data"]["arguments"]["names"].size() == 20);
  CHECK(body["data"]["arguments"]["names"][0] == "a0");
}

TEST_CASE("a notification of a decision says whether a person or the clock decided", "[webhook]") {
  Approval approval = approval_of("{}");
  approval.state = State::expired;
  Json data = Json::parse(gateway::notification_body(approval, Notice::decided, {}))["data"];
  CHECK(data["decided_by"] == "clock");
  CHECK(data["waits_for"].empty());
  approval.state = State::denied;
  approval.votes.push_back({tests::word_of("ann").decider, false, "no: internal matter", {}});
  const std::string text = gateway::notification_body(approval, Notice::decided, {});
  data = Json::parse(text)["data"];
  CHECK(data["decided_by"] == "person");
  CHECK(data["person"] == "ann");
  CHECK(text.find("internal matter") == std::string::npos);
}

}  // namespace approval_webhook_test
