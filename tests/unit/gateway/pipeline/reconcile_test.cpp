#include "gateway/pipeline/inquiry.h"

#include <catch2/catch.hpp>

#include "tests/support/reconcile_fixture.h"

namespace reconcile_test {

using base::Json;
using gateway::pipeline::Call;
using gateway::pipeline::Outcome;
using tests::cut_off;
using tests::first_text;
using tests::found;
using tests::ReconcileFixture;
using tests::says;

using Sent = std::vector<std::string>;

namespace {

std::string without_budgets() {
  std::string policy = tests::reconcile_policy;
  const std::size_t budgets = policy.find(", budgets: [");
  return policy.erase(budgets, policy.find('\n', budgets) - budgets - 1);
}

}  // namespace

TEST_CASE("a call that was carried out is answered with what its verify tool says", "[reconcile]") {
  ReconcileFixture f;
  const Outcome outcome = f.run("alice");
  CHECK(outcome.kind == Outcome::Kind::answered);
  CHECK_FALSE(outcome.tool_error());
  CHECK(f.dispatcher.sent == Sent{"crm/create", "crm/find"});
  CHECK(f.dispatcher.asked[1] == Json{{"message", "T-1"}});
  CHECK(first_text(outcome) ==
        "The call was carried out. The answer of crm/create was lost, and crm/find was asked: what "
        "follows is its answer.");
  CHECK(outcome.result["content"][1]["text"] == "see structuredContent");
  CHECK(outcome.result["_meta"]["dev.sluice/verified"] ==
        Json{{"answer", "done"}, {"tool", "crm/find"}, {"request", "req_1.v1"}});
}

TEST_CASE("how an outcome was found out stands in its records", "[reconcile]") {
  ReconcileFixture f;
  f.run("alice");
  const Json verified{
      {"answer", "done"}, {"tool", "crm/find"}, {"request", "req_1.v1"}, {"asked", 1}};
  for (const Json& outcome :
       {f.record("audit", "req_1")["outcome"], f.record("outcome", "int_1")}) {
    CHECK(outcome["kind"] == "answered");
    CHECK(outcome["reason"] == "verified");
    CHECK(outcome["verified"] == verified);
  }
  const Json question = f.record("audit", "req_1.v1");
  CHECK(question["verifies"] == "int_1");
  CHECK(question["agent"] == "alice");
  CHECK(question["decision"].get<std::string>().starts_with("allowed by role all"));
}

TEST_CASE("a call that was not carried out is sent again under an intent of its own",
          "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create", {cut_off(), says("made")});
  f.answer("crm/find", {found(false)});
  Json before;
  f.dispatcher.on_send = [&](const Call& call) {
    if (call.id() == "crm/find") f.clock.pass(std::chrono::milliseconds(8));
    if (f.dispatcher.times("crm/create") == 2) {
      before = {f.record("outcome", "int_1")["kind"], f.record("intent", "int_1.r1")["request"]};
    }
  };
  const Outcome outcome = f.run("alice");
  CHECK(first_text(outcome) == "made");
  CHECK(f.dispatcher.sent == Sent{"crm/create", "crm/find", "crm/find", "crm/create"});
  CHECK(before == Json{"unknown", "req_1"});
  CHECK(f.record("outcome", "int_1")["verified"]["answer"] == "not_done");
  CHECK(f.record("outcome", "int_1.r1")["kind"] == "answered");
  CHECK(f.record("audit", "req_1")["intent"] == "int_1.r1");
  CHECK(f.record("audit", "req_1")["outcome"]["verified"]["asked"] == 2);
}

TEST_CASE("while its server may still be at work nobody believes that a call was not carried out",
          "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/find", {found(false), found(true)});
  CHECK(f.run("alice").reason == "verified");
  CHECK(f.dispatcher.times("crm/create") == 1);
}

TEST_CASE("a call is sent again once, and its outcome is unknown then", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/find", {found(false)});
  f.snapshot = tests::snapshot_of(without_budgets(), {ReconcileFixture::crm()});
  f.answer("crm/create", {cut_off(), cut_off(), says("a third time")});
  const Outcome outcome = f.run("alice");
  CHECK(outcome.kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.times("crm/create") == 2);
  CHECK(f.dispatcher.times("crm/find") == 4);
  CHECK(outcome.result["content"][1]["text"] == "crm/find was asked, and says that it was not.");
  CHECK(outcome.result["_meta"]["dev.sluice/verified"]["answer"] == "not_done");
}

TEST_CASE("that a second attempt was turned away says nothing of the first", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create", {cut_off(), base::Error{base::Code::unavailable, "it is away", {}}});
  f.answer("crm/find", {found(false)});
  CHECK(f.run("alice").kind == Outcome::Kind::unknown);
  CHECK(f.record("audit", "req_1")["hold"] == "unknown");
}

TEST_CASE("a call is asked about until its time is over", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/find", {found("?")});
  f.dispatcher.on_send = [&](const Call& call) {
    if (call.id() == "crm/find") f.clock.pass(std::chrono::milliseconds(25));
  };
  const Outcome outcome = f.run("alice");
  CHECK(outcome.kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.times("crm/find") == 3);
  CHECK(first_text(outcome) ==
        "Server crm failed: the connection was cut. The call may have been carried out.");
  CHECK(outcome.result["content"][1]["text"] ==
        "crm/find was asked, and its answer does not tell.");
  CHECK(f.record("audit", "req_1")["outcome"]["verified"]["why"] == "its answer does not tell");
}

TEST_CASE("a call that was cancelled is neither asked about nor sent again", "[reconcile]") {
  ReconcileFixture f;
  base::Cancellation cancellation;
  Call call = f.make_call("alice");
  call.cancellation = &cancellation;
  SECTION("before its answer was lost") {
    f.dispatcher.on_send = [&](const Call&) { cancellation.request(); };
    CHECK(f.run(call).kind == Outcome::Kind::unknown);
    CHECK(f.dispatcher.times("crm/find") == 0);
  }
  SECTION("while it is asked about") {
    f.answer("crm/find", {found(false)});
    f.dispatcher.on_send = [&](const Call& sent) {
      f.clock.pass(std::chrono::milliseconds(8));
      if (sent.id() == "crm/find") cancellation.request();
    };
    CHECK(f.run(call).kind == Outcome::Kind::unknown);
    CHECK(f.dispatcher.times("crm/find") == 1);
  }
  CHECK(f.dispatcher.times("crm/create") == 1);
}

TEST_CASE("nobody is asked on behalf of an agent that may not ask, and it hears nothing of it",
          "[reconcile]") {
  ReconcileFixture f;
  const Outcome outcome = f.run("bob");
  CHECK(outcome.kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.sent == Sent{"crm/create"});
  CHECK(base::dump_json(outcome.result).find("crm/find") == std::string::npos);
  CHECK(f.record("audit", "req_1.v1")["outcome"]["reason"] == "unknown_tool");
  const std::string why = f.record("audit", "req_1")["outcome"]["verified"]["why"];
  CHECK(why == "refused unknown_tool: no rule of agent bob allows it");
}

TEST_CASE("a view does not narrow what is asked", "[reconcile]") {
  ReconcileFixture f;
  Call call = f.make_call("alice");
  call.principal.view = "narrow";
  CHECK(f.run(call).reason == "verified");
}

TEST_CASE("no people are asked about a question", "[reconcile]") {
  ReconcileFixture f;
  CHECK(f.run("carol").kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.sent == Sent{"crm/create"});
  CHECK(f.record("audit", "req_1.v1")["outcome"]["reason"] == "approval_needed");
  CHECK(tests::run_task(f.approvals.list())->empty());
}

TEST_CASE("nothing is asked about a call that lacks what is mapped", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/deep", {cut_off()});
  CHECK(f.run("alice", "crm__deep").kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.sent == Sent{"crm/deep"});
  CHECK(f.record("audit", "req_1")["outcome"]["verified"] ==
        Json{{"answer", "inconclusive"},
             {"tool", "crm/find"},
             {"why", "the call has no /message/deep"}});
}

TEST_CASE("a tool that is not read_only is never asked, whatever the catalog offers",
          "[reconcile]") {
  ReconcileFixture f;
  std::string policy = tests::reconcile_policy;
  policy.erase(policy.find("  crm/find: {effect: read_only}"), 31);
  auto rules =
      std::make_shared<const policies::Policy>(policies::parse_policy(policy, "policy.yaml"));
  auto catalog = std::make_shared<const tools::Catalog>(
      std::vector<std::shared_ptr<const tools::ServerTools>>{ReconcileFixture::crm()});
  f.snapshot = gateway::pipeline::make_snapshot(rules, catalog, f.snapshot->upstreams);
  CHECK(f.run("alice").kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.sent == Sent{"crm/create"});
  CHECK(f.record("audit", "req_1")["outcome"]["verified"]["why"] == "crm/find is not read_only");
}

TEST_CASE("what is not sent again because nothing can be recorded stays unknown", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/find", {found(false)});
  f.journal.refused_key = "int_1.r1";
  CHECK(f.run("alice").kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.times("crm/create") == 1);
  CHECK(f.record("outcome", "int_1")["kind"] == "unknown");
  CHECK(f.record("audit", "req_1")["intent"] == "int_1");
}

TEST_CASE("the call of a tool of another effect is not asked about", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/plain", {cut_off()});
  const Outcome outcome = f.run("alice", "crm__plain");
  CHECK(outcome.kind == Outcome::Kind::unknown);
  CHECK(f.dispatcher.sent == Sent{"crm/plain"});
  CHECK_FALSE(outcome.verified);
}

}  // namespace reconcile_test
