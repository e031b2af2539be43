#include <chrono>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/support/approve_fixture.h"
#include "tests/support/asks.h"
#include "tests/support/run_task.h"

namespace approve_test {

using base::Json;
using namespace gateway::pipeline;
using tests::approve_policy;
using tests::replaced;
using tests::snapshot_with;
using tests::text_of;
using Fixture = tests::ApproveFixture;

TEST_CASE("a call that people must approve is not sent, and says whom it waits for", "[approve]") {
  Fixture f;
  const Outcome outcome = f.run();
  CHECK(outcome.kind == Outcome::Kind::refused);
  const Json facts = outcome.result["_meta"]["dev.sluice/approval"];
  CHECK(text_of(outcome) ==
        "Approval " + facts["id"].get<std::string>() +
            " waits for ops until 13:00Z. Nothing was sent. Repeat this exact call to collect the "
            "decision.");
  CHECK(facts["state"] == "pending");
  CHECK(facts["waitsFor"] == Json{"ops"});
  CHECK(f.dispatcher.sent == 0);
  CHECK(f.last("audit")["approval"]["id"] == facts["id"]);
  CHECK(tests::run_task(f.ledger.usage())->empty());
}

TEST_CASE("what is approved goes out once, its use and its intent in one commit", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.decide(id, tests::word_of("ann"));
  const Outcome outcome = f.run();
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["person"] == "ann");
  CHECK(f.dispatcher.sent == 1);
  CHECK(f.last("intent")["approval"]["id"] == id);
  CHECK(f.last("approval")["event"] == "redeemed");
  CHECK(f.last("audit")["approval"]["person"] == "ann");
  CHECK(f.pending() != id);
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("a read-only call that was approved has an intent too", "[approve]") {
  Fixture f;
  f.decide(f.pending({{"message", "hi"}}, "files__read"), tests::word_of("ann"));
  CHECK(f.run({{"message", "hi"}}, "files__read").kind == Outcome::Kind::answered);
  CHECK(f.last("intent")["tool"] == "files/read");
}

TEST_CASE("without a durable intent nothing is sent and the approval stays", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.decide(id, tests::word_of("ann"));
  f.journal.fails = true;
  CHECK(f.run().reason == "store_unavailable");
  CHECK(f.dispatcher.sent == 0);
  f.journal.fails = false;
  CHECK(f.run().kind == Outcome::Kind::answered);
}

TEST_CASE("a call that a budget refuses keeps its approval", "[approve]") {
  Fixture f;
  f.run({{"message", "free"}});
  f.run({{"message", "free"}});
  CHECK(f.dispatcher.sent == 2);
  f.decide(f.pending(), tests::word_of("ann"));
  CHECK(f.run().reason == "budget_exhausted");
  f.clock.pass(std::chrono::minutes(59));
  CHECK(f.run().reason == "budget_exhausted");
  CHECK(f.dispatcher.sent == 2);
}

TEST_CASE("a denial says which person denied, and their words", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  auto decision = tests::word_of("ann", false);
  decision.message = "ask me on Monday";
  f.decide(id, decision);
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = f.run();
    CHECK(outcome.reason == "approval_denied");
    CHECK(text_of(outcome) == "Approval " + id +
                                  " was denied by ann, a person: ask me on Monday\nNothing was "
                                  "sent.");
    CHECK(outcome.result["_meta"]["dev.sluice/approval"]["decidedBy"] == "person");
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("what nobody decided is said to be the clock's doing, once", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  f.clock.pass(std::chrono::hours(1));
  const Outcome outcome = f.run();
  CHECK(text_of(outcome) == "Approval " + id +
                                " expired: no person decided in time, so the clock denied it. "
                                "Nothing was sent.");
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["decidedBy"] == "clock");
  CHECK(f.pending() != id);
}

TEST_CASE("any changed byte of arguments, definition or matching rule voids an approval",
          "[approve]") {
  Fixture f;
  f.decide(f.pending(), tests::word_of("ann"));
  f.pending({{"message", "hi!"}});
  f.snapshot = snapshot_with(approve_policy, "now it does something else");
  f.pending();
  for (const auto& [from, to] : {std::pair{"wait: 0s, expires: 1h", "wait: 0s, expires: 2h"},
                                 {"maxLength: 9", "maxLength: 8"},
                                 {"approve: [{tools: files/*", "approve: [{tools: \"*/write\""},
                                 {"{const: free}", "{const: fre}"}}) {
    f.snapshot = snapshot_with(replaced(approve_policy, from, to));
    f.pending();
  }
  CHECK(f.dispatcher.sent == 0);
}

TEST_CASE("any other edit of the policy leaves an approval as it is", "[approve]") {
  Fixture f;
  f.decide(f.pending(), tests::word_of("ann"));
  f.snapshot = snapshot_with("timezone: Europe/Berlin\ndefaults: {deny: [other/*]}\n" +
                             replaced(approve_policy, "calls: 2", "calls: 3"));
  CHECK(f.run().kind == Outcome::Kind::answered);
  CHECK(f.dispatcher.sent == 1);
}

TEST_CASE("a rule that denies wins over an approval", "[approve]") {
  Fixture f;
  f.decide(f.pending(), tests::word_of("ann"));
  f.snapshot = snapshot_with("defaults: {deny: [files/write]}\n" + approve_policy);
  CHECK(f.run().reason == "unknown_tool");
}

TEST_CASE("what is remembered goes out without a question", "[approve]") {
  Fixture f;
  const std::string id = f.pending();
  auto decision = tests::word_of("ann");
  decision.remember = {f.clock.wall() + std::chrono::hours(8), "true"};
  f.decide(id, decision);
  const Outcome outcome = f.run({{"message", "other"}});
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.result["_meta"]["dev.sluice/approval"]["state"] == "remembered");
  CHECK(f.last("audit")["approval"]["remembered"] == true);
}

TEST_CASE("a dry run says whose approval a call waits for, and asks nobody", "[approve]") {
  Fixture f;
  Call call;
  call.principal = {"alice", "", "key k"};
  call.asked = "files__write";
  call.arguments = mcp::ToolArguments(Json{{"message", "hi"}});
  call.snapshot = f.snapshot;
  const Outcome outcome = tests::run_task(dry_run_pipeline(f.ledger).run(call));
  CHECK(text_of(outcome).find(" It waits for the approval of ops.") != std::string::npos);
  CHECK(f.journal.entries.empty());
}

}  // namespace approve_test
