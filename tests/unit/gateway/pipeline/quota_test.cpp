#include "tests/support/pipeline_fixture.h"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"

namespace quota_test {

using base::Code;
using base::Json;
using namespace gateway::pipeline;
using Fixture = tests::PipelineFixture;

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

}  // namespace quota_test
