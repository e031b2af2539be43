#include "tests/support/pipeline_fixture.h"

#include <catch2/catch.hpp>

namespace pipeline_test {

using base::Code;
using base::Json;
using namespace gateway::pipeline;
using Fixture = tests::PipelineFixture;

TEST_CASE("an allowed call reaches its server with a permit that names the rule", "[pipeline]") {
  Fixture f;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 1);
  CHECK(f.dispatcher.rule.find("files/*") != std::string::npos);
  CHECK(f.dispatcher.arguments == Json{{"message", "hi"}});
}

TEST_CASE("arguments that policy does not allow are refused as the tool's result", "[pipeline]") {
  Fixture f;
  CHECK(f.run("carol", "files__read", {{"message", "hi"}}).kind == Outcome::Kind::answered);
  const Outcome outcome = f.run("carol", "files__read", {{"message", "hello"}});
  CHECK(outcome.kind == Outcome::Kind::refused);
  CHECK(outcome.tool_error());
  const std::string text = outcome.result["content"][0]["text"];
  CHECK(text.find("Policy allows files/read only with other arguments. Nothing was sent.\n"
                  "/message: expected ") == 0);
  CHECK(outcome.result["_meta"]["dev.sluice/refusal"] ==
        Json{{"rule", "role quiet: allow files/read"}});
  CHECK(f.dispatcher.sent == 1);
  const Json audit = f.last_audit();
  CHECK(audit["outcome"]["reason"] == "arguments_not_allowed");
  CHECK(audit["rule"]["file"] == "policy.yaml");
  CHECK(audit["rule"]["line"] == 5);
  CHECK(audit["decision"] ==
        "the arguments do not satisfy role quiet: allow files/read with arguments (policy.yaml:5)");
}

TEST_CASE("a tool that is denied, not allowed or does not exist is the same unknown tool",
          "[pipeline]") {
  Fixture f;
  for (const auto& [agent, tool] :
       {std::pair{"alice", "files__drop"}, {"bob", "files__read"}, {"alice", "nope"}}) {
    CAPTURE(agent, tool);
    const Outcome outcome = f.run(agent, tool);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == -32602);
    CHECK(outcome.error->message == "Unknown tool: " + std::string(tool));
    CHECK(outcome.error->data.is_null());
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("invalid arguments are a tool result that says what is wrong, and nothing is sent",
          "[pipeline]") {
  Fixture f;
  const Outcome outcome = f.run("alice", "files__read", {{"message", 7}});
  CHECK(outcome.tool_error());
  CHECK(outcome.result["content"][0]["text"].get<std::string>().rfind("/message: ", 0) == 0);
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("a number that would come out changed is refused with its pointer", "[pipeline]") {
  Fixture f;
  Call call = f.make_call("alice", "files__read", {{"message", "hi"}});
  call.inexact = "/amount";
  const Outcome outcome = tests::run_task(f.pipeline.run(call));
  CHECK(outcome.tool_error());
  CHECK(outcome.result["content"][0]["text"].get<std::string>().rfind("/amount: ", 0) == 0);
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("a dry run shows the rule and sends nothing", "[pipeline]") {
  Fixture f;
  Call call = f.make_call("alice", "files__write", {{"message", "hi"}});
  const Pipeline dry_run = dry_run_pipeline(f.ledger);
  const Outcome outcome = tests::run_task(dry_run.run(call));
  CHECK(outcome.result["content"][0]["text"].get<std::string>().find("files/*") !=
        std::string::npos);
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.journal.entries.empty());
}

TEST_CASE("a call that was cancelled before it is sent is not sent, and has failed", "[pipeline]") {
  Fixture f;
  base::Cancellation cancellation;
  Call call = f.make_call("alice", "files__write", {{"message", "hi"}});
  call.cancellation = &cancellation;
  cancellation.request();
  const Outcome outcome = tests::run_task(f.pipeline.run(call));
  CHECK(outcome.kind == Outcome::Kind::failed);
  CHECK(outcome.reason == "cancelled");
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("a call that was cancelled after it was sent is unknown, unless nothing had left",
          "[pipeline]") {
  for (const auto& [code, kind] : {std::pair{Code::cancelled, Outcome::Kind::unknown},
                                   {Code::broken, Outcome::Kind::unknown},
                                   {Code::unavailable, Outcome::Kind::failed}}) {
    Fixture f;
    base::Cancellation cancellation;
    Call call = f.make_call("alice", "files__write", {{"message", "hi"}});
    call.cancellation = &cancellation;
    f.dispatcher.answer = base::Error{code, "the connection was closed", {}};
    f.dispatcher.on_send = [&] { cancellation.request(); };
    const Outcome outcome = tests::run_task(f.pipeline.run(call));
    CHECK(outcome.kind == kind);
    CHECK(outcome.reason == "cancelled");
    CHECK(f.last_audit()["outcome"]["kind"] == to_string(kind));
  }
}

TEST_CASE("the caller hears what a server says of its call, but for what is too large",
          "[pipeline]") {
  struct Heard final : EventSink {
    void notify(mcp::Notification notification, std::size_t) override {
      all.push_back(std::move(notification.method));
    }
    std::vector<std::string> all;
  };
  Fixture f;
  Heard heard;
  Call call = f.make_call("alice", "files__read", {{"message", "hi"}});
  call.events = &heard;
  f.dispatcher.on_send = [&] {
    call.events->notify({"small", {}}, f.limits.notification);
    call.events->notify({"large", {}}, f.limits.notification + 1);
  };
  tests::run_task(f.pipeline.run(call));
  CHECK(heard.all == std::vector<std::string>{"small"});
  CHECK(call.events == &heard);
}

}  // namespace pipeline_test
