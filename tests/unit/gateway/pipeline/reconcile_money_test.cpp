#include <catch2/catch.hpp>

#include "tests/support/asks.h"
#include "tests/support/reconcile_fixture.h"

namespace reconcile_money_test {

// What a call holds that is asked about, and what it answers where more is promised.

using base::Json;
using gateway::pipeline::Outcome;
using tests::cut_off;
using tests::first_text;
using tests::found;
using tests::ReconcileFixture;
using tests::says;

namespace {

// What was spent of each budget, in units of its own; nothing is held any more.
std::map<std::string, std::pair<std::int64_t, std::int64_t>> spent(ReconcileFixture& f) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> all;
  const auto usage = tests::run_task(f.ledger.usage());
  for (const auto& use : *usage) {
    CHECK(use.held == 0);
    const bool is_money = use.key.find("money") != std::string::npos;
    all[is_money ? "money" : "calls"] = {use.settled / (is_money ? 1'000'000'000 : 1),
                                         use.unknown / (is_money ? 1'000'000'000 : 1)};
  }
  return all;
}

using Spent = std::pair<std::int64_t, std::int64_t>;

}  // namespace

TEST_CASE("a call that was carried out is charged once, and each question as a call",
          "[reconcile]") {
  ReconcileFixture f;
  f.run("alice");
  CHECK(f.record("audit", "req_1")["hold"] == "settled");
  CHECK(spent(f) == std::map<std::string, Spent>{{"money", {2, 0}}, {"calls", {2, 0}}});
}

TEST_CASE("a call that was sent twice is charged once", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create", {cut_off(), says("made")});
  f.answer("crm/find", {found(false)});
  f.run("alice");
  CHECK(spent(f) == std::map<std::string, Spent>{{"money", {2, 0}}, {"calls", {3, 0}}});
}

TEST_CASE("a call whose outcome stays unknown is charged as such, once", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/find", {found("?")});
  f.dispatcher.on_send = [&](const tests::Call&) { f.clock.pass(std::chrono::milliseconds(59)); };
  f.run("alice");
  CHECK(f.dispatcher.times("crm/find") == 1);
  CHECK(spent(f) == std::map<std::string, Spent>{{"money", {0, 2}}, {"calls", {1, 1}}});
}

TEST_CASE(
    "what a person approved once may be sent again when it was not carried out, and only then",
    "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create", {cut_off(), says("made")});
  f.answer("crm/find", {found(false)});
  const Outcome pending = f.run("dora");
  const std::string id = pending.result["_meta"]["dev.sluice/approval"]["id"];
  REQUIRE(tests::run_task(f.approvals.decide(id, tests::word_of("ann"))).ok());
  CHECK(first_text(f.run("dora")) == "made");
  CHECK(f.dispatcher.times("crm/create") == 2);
  CHECK(f.record("intent", "int_1.r1")["approval"]["id"] == id);
  CHECK(f.run("dora").reason == "approval_pending");
}

TEST_CASE("a question has the slot of the call that it is about, and no other", "[reconcile]") {
  ReconcileFixture f;
  f.clock.step = std::chrono::milliseconds(1);  // a question without a slot would be put again
  CHECK(f.run("alice").reason == "verified");
  // One slot for all: a call of another's would have found it taken.
  Outcome other;
  f.dispatcher.on_send = [&](const tests::Call& call) {
    if (call.id() != "crm/create") return;
    tests::Call beside = f.make_call("alice", "crm__find");
    other = tests::run_task(f.pipeline.run(beside));
  };
  f.run("alice");
  CHECK(other.reason == "too_many_in_flight");
}

TEST_CASE("a budget that is used up refuses questions as well", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/plain", {says("done")});
  for (int call = 0; call < 3; ++call) f.run("alice", "crm__plain");
  f.clock.step = std::chrono::milliseconds(10);  // it is asked again and again: there might be room
  CHECK(f.run("alice").kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.times("crm/find") == 0);
  CHECK(f.record("audit", "req_1.v1")["outcome"]["reason"] == "budget_exhausted");
}

TEST_CASE("what a tool promises is taken from the verify tool when that answers with it",
          "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create_count", {cut_off()});
  tests::ServerAnswer answer = found(true);
  answer.response.result["structuredContent"]["lines"] = 7;
  f.answer("crm/find", {answer});
  const Outcome outcome = f.run("alice", "crm__create_count");
  CHECK_FALSE(outcome.tool_error());
  CHECK(outcome.result["structuredContent"]["lines"] == 7);
}

TEST_CASE("a result that lacks what its tool promises is an error that says what happened",
          "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create_count", {cut_off()});
  const Outcome outcome = f.run("alice", "crm__create_count");
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK(outcome.tool_error());
  CHECK(first_text(outcome).starts_with("The call was carried out."));
  CHECK(f.record("audit", "req_1")["hold"] == "settled");
}

TEST_CASE("an answer of structuredContent alone is shown as text", "[reconcile]") {
  ReconcileFixture f;
  tests::ServerAnswer answer = found(true);
  answer.response.result["content"] = Json::array();
  f.answer("crm/find", {answer});
  const Outcome outcome = f.run("alice");
  CHECK(outcome.result["content"][1]["text"] == R"({"found":true})");
  CHECK_FALSE(outcome.result.contains("structuredContent"));
}

}  // namespace reconcile_money_test
