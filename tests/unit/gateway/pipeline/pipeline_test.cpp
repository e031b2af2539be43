#include "gateway/pipeline/pipeline.h"

#include <catch2/catch.hpp>

#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_task.h"
#include "tests/support/snapshot.h"

using base::Code;
using base::Json;
using namespace gateway::pipeline;

namespace {

constexpr const char* policy = R"(
defaults: {deny: ["*/drop"]}
agents: {alice: {roles: [reader]}, bob: {roles: [nobody]}, carol: {roles: [quiet]}}
roles:
  quiet: {allow: [{tool: files/read, arguments: {properties: {message: {maxLength: 2}}}}]}
  reader: {allow: [files/*]}
  nobody: {allow: []}
tools: {files/read: {effect: read_only}, files/guess: {output: warn}}
)";

// A tool that promises what its results are.
Json count_definition(const std::string& name) {
  Json definition = tests::echo_definition(name);
  definition["outputSchema"] = {{"type", "object"},
                                {"properties", {{"lines", {{"type", "integer"}}}}},
                                {"required", {"lines"}}};
  return definition;
}

class FakeDispatcher final : public Dispatcher {
 public:
  base::Task<base::Result<ServerAnswer>> send(const policies::Permit& permit,
                                              const Call& call) override {
    ++sent;
    rule = permit.rule();
    arguments = call.arguments.value();
    entries_before = journal.entries.size();
    if (on_send) on_send();
    co_return answer;
  }

  explicit FakeDispatcher(const tests::MemoryJournal& seen) : journal(seen) {}
  const tests::MemoryJournal& journal;
  base::Result<ServerAnswer> answer{
      ServerAnswer{{std::nullopt,
                    {{"content", Json::array({{{"type", "text"}, {"text", "hello"}}})}},
                    std::nullopt},
                   40}};
  int sent = 0;
  std::string rule;
  Json arguments;
  std::size_t entries_before = 0;
  std::function<void()> on_send;
};

// A pipeline of the real stages around a journal in memory and a server that answers as told.
struct Fixture {
  tests::MemoryJournal journal;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  FakeDispatcher dispatcher{journal};
  policies::ledger::SystemClock clock;
  policies::ledger::MemoryLedger ledger{journal, clock};
  CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{journal, clock};
  Pipeline pipeline =
      call_pipeline({journal, log, limits, dispatcher, ledger, metrics, approvals, clock});
  std::shared_ptr<const Snapshot> snapshot = tests::snapshot_of(
      policy, {tests::server_tools("files",
                                   {tests::echo_definition("read"), tests::echo_definition("write"),
                                    tests::echo_definition("drop"), count_definition("count"),
                                    count_definition("guess")})});

  Call make_call(const std::string& agent, const std::string& tool, Json arguments) const {
    Call call;
    call.request_id = "req_1";
    call.principal = {agent, "", "key k"};
    call.tool = tool;
    call.arguments = mcp::ToolArguments(std::move(arguments));
    call.snapshot = snapshot;
    return call;
  }
  Outcome run(const std::string& agent, const std::string& tool,
              Json arguments = {{"message", "hi"}}) {
    Call call = make_call(agent, tool, std::move(arguments));
    return tests::run_task(pipeline.run(call));
  }
  Json last_audit() const { return Json::parse(journal.entries.back().body); }
};

}  // namespace

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

TEST_CASE("a call with effects has its intent recorded before it is sent, and its outcome after",
          "[pipeline]") {
  Fixture f;
  f.run("alice", "files__write");
  CHECK(f.dispatcher.entries_before == 1);
  CHECK(f.journal.streams() == std::vector<std::string>{"intent", "outcome", "audit"});
  CHECK(f.journal.entries[0].item == base::JournalEntry::Item::opens);
  CHECK(f.journal.entries[1].item == base::JournalEntry::Item::closes);
  CHECK(f.journal.entries[0].key == f.journal.entries[1].key);
  CHECK(f.last_audit()["intent"] == f.journal.entries[0].key);
}

TEST_CASE("a read-only call is audited without an intent", "[pipeline]") {
  Fixture f;
  f.run("alice", "files__read");
  CHECK(f.journal.streams() == std::vector<std::string>{"audit"});
}

TEST_CASE("without a durable intent nothing is sent", "[pipeline]") {
  Fixture f;
  f.journal.fails = true;
  const Outcome outcome = f.run("alice", "files__write");
  CHECK(f.dispatcher.sent == 0);
  CHECK(outcome.result["content"][0]["text"] == "Store unavailable. Nothing was sent or charged.");
}

TEST_CASE("while the journal cannot write no call is made at all", "[pipeline]") {
  Fixture f;
  f.journal.is_writable = false;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(f.dispatcher.sent == 0);
  CHECK(outcome.reason == "store_unavailable");
}

TEST_CASE("a call that was made but could not be recorded is not said to be unsent", "[pipeline]") {
  Fixture f;
  f.journal.fails = true;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(f.dispatcher.sent == 1);
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.reason == "unrecorded");
  CHECK(outcome.result["isError"] == true);
  CHECK(outcome.result["content"][0]["text"] ==
        "Store unavailable. The call was sent, but it could not be recorded; its answer is "
        "withheld.");
}

TEST_CASE("of a name that is longer than any tool's only the beginning is recorded", "[pipeline]") {
  Fixture f;
  f.run("alice", std::string(5'000, 'x'));
  CHECK(f.last_audit()["asked_as"] == std::string(256, 'x'));
}

TEST_CASE("every refusal is audited with its rule, file and line", "[pipeline]") {
  Fixture f;
  f.run("alice", "files__drop");
  const Json audit = f.last_audit();
  CHECK(audit["outcome"]["kind"] == "refused");
  CHECK(audit["rule"]["pattern"] == "*/drop");
  CHECK(audit["rule"]["file"] == "policy.yaml");
  CHECK(audit["rule"]["line"] == 2);
}

TEST_CASE("the audit record holds no arguments, only their hash", "[pipeline]") {
  Fixture f;
  f.run("alice", "files__read", {{"message", "canary-4711"}});
  CHECK(f.journal.entries.back().body.find("canary-4711") == std::string::npos);
  CHECK(f.last_audit()["arguments"].get<std::string>().size() == 64);
}

TEST_CASE("a server that was not reached failed and nothing was sent", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer = base::Error{Code::unavailable, "it does not accept connections", {}};
  const Outcome outcome = f.run("alice", "files__write");
  CHECK(outcome.kind == Outcome::Kind::failed);
  const std::string text = outcome.result["content"][0]["text"];
  CHECK(text.find("Server files failed") == 0);
  CHECK(text.find("Nothing was sent.") != std::string::npos);
}

TEST_CASE("a lost answer is an unknown outcome that says so", "[pipeline]") {
  Fixture f;
  for (const Code code : {Code::timeout, Code::broken, Code::limit, Code::cancelled}) {
    f.dispatcher.answer = base::Error{code, "it broke", {}};
    const Outcome outcome = f.run("alice", "files__write");
    CHECK(outcome.kind == Outcome::Kind::unknown);
    CHECK(outcome.tool_error());
    CHECK(outcome.result["content"][0]["text"].get<std::string>().find(
              "may have been carried out") != std::string::npos);
  }
}

TEST_CASE("a server's JSON-RPC error is passed on, its reserved codes are not", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer =
      ServerAnswer{{std::nullopt, {}, mcp::RpcError{-32602, "bad cursor", {}}}, 10};
  CHECK(f.run("alice", "files__read").error->code == -32602);
  f.dispatcher.answer = ServerAnswer{{std::nullopt, {}, mcp::RpcError{-32001, "odd", {}}}, 10};
  CHECK(f.run("alice", "files__read").error->code == -32603);
  f.dispatcher.answer = ServerAnswer{{std::nullopt, {}, mcp::RpcError{4001, "own", {}}}, 10};
  CHECK(f.run("alice", "files__read").error->code == 4001);
}

TEST_CASE("a result without content is garbage", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer = ServerAnswer{{std::nullopt, {{"tools", Json::array()}}, std::nullopt}, 10};
  CHECK(f.run("alice", "files__read").kind == Outcome::Kind::unknown);
}

TEST_CASE("a result that asks for input is refused, since that was not offered", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer =
      ServerAnswer{{std::nullopt,
                    {{"resultType", "input_required"}, {"inputRequests", Json::object()}},
                    std::nullopt},
                   10};
  CHECK(f.run("alice", "files__read").kind == Outcome::Kind::unknown);
}

TEST_CASE("a result over the limit is withheld and the caller is told", "[pipeline]") {
  Fixture f;
  f.dispatcher.answer.value().bytes = f.limits.result + 1;
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(outcome.tool_error());
  CHECK(outcome.reason == "result_too_large");
}

TEST_CASE("a result that breaks the tool's outputSchema becomes an error that says so",
          "[pipeline]") {
  Fixture f;
  Json& result = f.dispatcher.answer.value().response.result;
  result["structuredContent"] = {{"lines", "many"}};
  const Outcome outcome = f.run("alice", "files__count");
  CHECK(outcome.tool_error());
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.reason == "result_invalid");
  CHECK(
      outcome.result["content"][0]["text"] ==
      "The call was carried out, but the result of files/count breaks the tool's outputSchema. It "
      "was withheld.\n/lines: expected integer, found string \"many\"");
  CHECK_FALSE(outcome.result.contains("structuredContent"));
  CHECK(f.last_audit()["outcome"]["reason"] == "result_invalid");
}

TEST_CASE("records say how a result breaks the outputSchema, and nothing of what it holds",
          "[pipeline]") {
  Fixture f;
  f.dispatcher.answer.value().response.result["structuredContent"] = {{"lines", "s3cret"}};
  for (const char* tool : {"files__count", "files__guess"}) {
    CHECK(f.run("alice", tool).detail == "/lines (type)");
    CHECK(f.last_audit()["outcome"]["detail"] == "/lines (type)");
  }
}

TEST_CASE("a result that breaks the outputSchema passes with a warning where the policy says so",
          "[pipeline]") {
  Fixture f;
  f.dispatcher.answer.value().response.result["structuredContent"] = {{"lines", "many"}};
  const Outcome outcome = f.run("alice", "files__guess");
  CHECK_FALSE(outcome.tool_error());
  CHECK(outcome.result["structuredContent"] == Json{{"lines", "many"}});
  CHECK(
      outcome.result["_meta"]["dev.sluice/warning"] ==
      "The result of files/guess breaks the tool's outputSchema.\n/lines: expected integer, found "
      "string \"many\"");
  CHECK(f.last_audit()["outcome"]["reason"] == "result_invalid");
}

TEST_CASE("a result without what the outputSchema describes breaks it", "[pipeline]") {
  Fixture f;
  CHECK(f.run("alice", "files__count").reason == "result_invalid");
}

TEST_CASE("a result that keeps the outputSchema passes, and so does an error of the tool",
          "[pipeline]") {
  Fixture f;
  Json& result = f.dispatcher.answer.value().response.result;
  result["structuredContent"] = {{"lines", 3}};
  CHECK(f.run("alice", "files__count").result["structuredContent"] == Json{{"lines", 3}});
  result = {{"content", Json::array()}, {"isError", true}};
  CHECK(f.run("alice", "files__count").reason.empty());
}

TEST_CASE("a dry run shows the rule and sends nothing", "[pipeline]") {
  Fixture f;
  Call call = f.make_call("alice", "files__write", {{"message", "hi"}});
  const Pipeline dry_run = dry_run_pipeline();
  const Outcome outcome = tests::run_task(dry_run.run(call));
  CHECK(outcome.result["content"][0]["text"].get<std::string>().find("files/*") !=
        std::string::npos);
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.journal.entries.empty());
}

TEST_CASE("a budget that is used up refuses with its name, its state and when it resets",
          "[pipeline]") {
  tests::ManualClock clock;
  Fixture f;
  policies::ledger::MemoryLedger ledger{f.journal, clock};
  const Pipeline pipeline = call_pipeline(
      {f.journal, f.log, f.limits, f.dispatcher, ledger, f.metrics, f.approvals, clock});
  f.snapshot = tests::snapshot_of(
      "currency: EUR\nagents: {alice: {roles: [writer]}}\nroles: {writer: {allow: [files/*], "
      "budgets: [{name: daily, window: day, money: 5.00}]}}\n"
      "tools: {files/read: {effect: read_only, price: 2.50}}\n",
      {tests::server_tools("files", {tests::echo_definition("read")})});
  for (int call = 0; call < 2; ++call) {
    Call paid = f.make_call("alice", "files__read", {{"message", "hi"}});
    CHECK(tests::run_task(pipeline.run(paid)).kind == Outcome::Kind::answered);
    CHECK(f.last_audit()["hold"] == "settled");
    CHECK(f.last_audit()["charged"]["role/writer/daily/money agent:alice"] == "2.50");
  }
  Call call = f.make_call("alice", "files__read", {{"message", "hi"}});
  const Outcome outcome = tests::run_task(pipeline.run(call));
  CHECK(outcome.kind == Outcome::Kind::refused);
  CHECK(f.dispatcher.sent == 2);
  CHECK(outcome.result["content"][0]["text"] ==
        "Budget writer/daily: 5.00 of 5.00 EUR used. Nothing was sent. Resets 2026-11-21T00:00Z.");
  CHECK(outcome.result["isError"] == true);
  CHECK(outcome.result["_meta"]["dev.sluice/refusal"] == Json{{"rule", "writer/daily"},
                                                              {"limit", "5.00"},
                                                              {"remaining", "0.00"},
                                                              {"retryAfterMs", 12 * 3'600'000}});
  CHECK(f.last_audit()["outcome"]["reason"] == "budget_exhausted");
}

TEST_CASE("a call that was not carried out gives back what it held", "[pipeline]") {
  Fixture f;
  f.snapshot = tests::snapshot_of(
      "agents: {alice: {roles: [writer]}}\nroles: {writer: {allow: [files/*], "
      "budgets: [{name: daily, window: day, calls: 1}]}}\n",
      {tests::server_tools("files", {tests::echo_definition("write")})});
  f.dispatcher.answer = base::Error{Code::unavailable, "it is down", {}};
  CHECK(f.run("alice", "files__write").kind == Outcome::Kind::failed);
  CHECK(f.last_audit()["hold"] == "cancelled");
  f.dispatcher.answer = base::Error{Code::timeout, "it is late", {}};
  CHECK(f.run("alice", "files__write").kind == Outcome::Kind::unknown);
  CHECK(f.last_audit()["hold"] == "unknown");
  CHECK(f.run("alice", "files__write").reason == "budget_exhausted");
}

TEST_CASE("the hold of a call with effects is in the commit of its intent", "[pipeline]") {
  Fixture f;
  f.snapshot = tests::snapshot_of(
      "agents: {alice: {roles: [writer]}}\nroles: {writer: {allow: [files/*], "
      "budgets: [{name: daily, window: day, calls: 1}]}}\n",
      {tests::server_tools("files", {tests::echo_definition("write")})});
  CHECK(f.run("alice", "files__write").kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.entries_before == 2);
  CHECK(f.journal.streams() ==
        std::vector<std::string>{"intent", "spending", "outcome", "spending", "audit"});
}

TEST_CASE("a rate that is used up refuses and says when to come back", "[pipeline]") {
  Fixture f;
  f.snapshot = tests::snapshot_of(
      "agents: {alice: {roles: [writer]}}\nroles: {writer: {allow: [files/*], "
      "limits: [{rate: 1/day}]}}\ntools: {files/read: {effect: read_only}}\n",
      {tests::server_tools("files", {tests::echo_definition("read")})});
  CHECK(f.run("alice", "files__read").kind == Outcome::Kind::answered);
  const Outcome outcome = f.run("alice", "files__read");
  CHECK(outcome.reason == "rate_limited");
  CHECK(outcome.result["content"][0]["text"].get<std::string>().find(
            "Limit writer/*: 1 calls per day used. Nothing was sent. Try again in ") == 0);
  CHECK(outcome.quota->retry_after > std::chrono::hours(23));
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

TEST_CASE("what a caller records of the outcome is one commit with the audit record") {
  Fixture f;
  for (const std::string tool : {"files__read", "files__write", "files__drop"}) {
    CAPTURE(tool);
    f.journal.entries.clear();
    Call call = f.make_call("alice", tool, {{"message", "hi"}});
    call.on_outcome = [](const Outcome& outcome) {
      return base::JournalEntry{"own", "x", std::string(to_string(outcome.kind)), {}};
    };
    tests::run_task(f.pipeline.run(call));
    CHECK(call.recorded);
    const auto streams = f.journal.streams();
    REQUIRE(streams.size() >= 2);
    CHECK(streams[streams.size() - 2] == "own");
    CHECK(streams.back() == "audit");
  }
}

TEST_CASE("a caller is told when its record of the outcome is not durable") {
  Fixture f;
  f.journal.is_writable = false;
  Call call = f.make_call("alice", "files__read", {{"message", "hi"}});
  call.on_outcome = [](const Outcome&) { return base::JournalEntry{"own", "x", "{}", {}}; };
  const Outcome outcome = tests::run_task(f.pipeline.run(call));
  CHECK(outcome.reason == "store_unavailable");
  CHECK_FALSE(call.recorded);
}
