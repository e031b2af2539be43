#include <catch2/catch.hpp>

#include "tests/support/reconcile_fixture.h"

namespace look_back_test {

// Calls of which an earlier attempt may have been carried out.

using base::Json;
using gateway::pipeline::Call;
using gateway::pipeline::Outcome;
using tests::first_text;
using tests::found;
using tests::ReconcileFixture;
using tests::says;

using Sent = std::vector<std::string>;

namespace {

Call later_attempt(ReconcileFixture& f, const std::string& agent,
                   const std::string& tool = "crm__create") {
  Call call = f.make_call(agent, tool);
  call.earlier = "int_0";
  return call;
}

}  // namespace

TEST_CASE("what an earlier attempt did is not done again, and nothing is taken for it",
          "[reconcile]") {
  ReconcileFixture f;
  Call call = later_attempt(f, "alice");
  const Outcome outcome = f.run(call);
  CHECK(outcome.reason == "verified");
  CHECK(f.dispatcher.sent == Sent{"crm/find"});
  CHECK(call.intent.empty());
  CHECK(call.charges.empty());
  CHECK(f.record("audit", "req_1")["earlier"] == "int_0");
  CHECK(f.record("audit", "req_1.v1")["verifies"] == "int_0");
}

TEST_CASE("what an earlier attempt did not do is sent, under an intent that names it",
          "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/create", {says("made")});
  f.answer("crm/find", {found(false)});
  Call call = later_attempt(f, "alice");
  const Outcome outcome = f.run(call);
  CHECK(first_text(outcome) == "made");
  CHECK(f.dispatcher.sent == Sent{"crm/find", "crm/find", "crm/create"});
  CHECK(f.record("intent", "int_1")["earlier"] == "int_0");
  CHECK(f.record("audit", "req_1")["outcome"]["verified"]["answer"] == "not_done");
}

TEST_CASE("nothing is sent again while nobody knows of the earlier attempt", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/find", {found("?")});
  f.dispatcher.on_send = [&](const Call&) { f.clock.pass(std::chrono::milliseconds(59)); };
  Call call = later_attempt(f, "alice");
  const Outcome outcome = f.run(call);
  CHECK(outcome.kind == Outcome::Kind::unknown);
  CHECK(outcome.reason == "not_verified");
  CHECK(f.dispatcher.sent == Sent{"crm/find"});
  CHECK(first_text(outcome) ==
        "An earlier attempt of this call may have been carried out. Nothing was sent again.");
}

TEST_CASE("nothing is sent again when the policy does not say any more how to find out",
          "[reconcile]") {
  ReconcileFixture f;
  Call call = later_attempt(f, "alice", "crm__plain");
  const Outcome outcome = f.run(call);
  CHECK(outcome.kind == Outcome::Kind::refused);
  CHECK(outcome.reason == "no_verification");
  CHECK(f.dispatcher.sent.empty());
}

TEST_CASE("what does no harm by now is sent without a question", "[reconcile]") {
  ReconcileFixture f;
  f.answer("crm/put", {says("put")});
  Call call = later_attempt(f, "alice", "crm__put");
  CHECK(first_text(f.run(call)) == "put");
  CHECK(f.dispatcher.sent == Sent{"crm/put"});
}

TEST_CASE("people are not asked about what was done, and are about what is to be sent",
          "[reconcile]") {
  ReconcileFixture f;
  Call call = later_attempt(f, "dora");
  SECTION("it was done") {
    CHECK(f.run(call).reason == "verified");
    CHECK(tests::run_task(f.approvals.list())->empty());
  }
  SECTION("it was not") {
    f.answer("crm/find", {found(false)});
    CHECK(f.run(call).reason == "approval_pending");
    CHECK(f.dispatcher.times("crm/create") == 0);
  }
}

}  // namespace look_back_test
