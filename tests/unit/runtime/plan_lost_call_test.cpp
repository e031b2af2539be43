#include "runtime/plan.h"

#include <catch2/catch.hpp>

#include "tests/support/runs.h"

namespace plan_lost_call_test {

using namespace runtime;
using namespace std::chrono_literals;
using tests::RunScript;
using Indices = std::vector<std::size_t>;

TEST_CASE("a call that may have happened parks the run until a person says what became of it") {
  RunScript run;
  run.answers({"pay", "read"}).returns(0, "?", Called::Kind::unknown, "server_timeout");
  CHECK(run.state.status() == RunState::Status::running);
  run.returns(1, "fine");
  CHECK(run.state.status() == RunState::Status::waiting);
  CHECK(run.state.waits_for().size() == 1);
  CHECK(plan(run.state, {}).calls.empty());
  SECTION("done") {
    run.then(Resolved{0, 0, Resolved::How::done, "paid", "ops"});
    CHECK(plan(run.state, {}).ask_model);
  }
  SECTION("not done: it is sent again") {
    run.then(Resolved{0, 0, Resolved::How::not_done, "", "ops"});
    CHECK(plan(run.state, {}).calls == Indices{0});
    CHECK(run.state.calls()[0].attempt == 1);
  }
  SECTION("resolved twice, the second changes nothing") {
    run.then(Resolved{0, 0, Resolved::How::not_done, "", "ops"});
    run.then(Resolved{0, 0, Resolved::How::not_done, "", "ops"});
    CHECK(run.state.calls()[0].attempt == 1);
  }
}

TEST_CASE("a call that was under way without an intent is made again under a name of its own") {
  RunScript run;
  run.answers({"read", "pay"}).returns(1, "paid").then(Recovered{});
  CHECK(plan(run.state, {}).calls == Indices{0});
  CHECK(run.state.calls()[0].attempt == 1);
}

TEST_CASE("what may be repeated without harm is sent again by itself, a few times") {
  RunScript run;
  run.answers({"put"});
  for (std::int64_t attempt = 0; attempt < 3; ++attempt) {
    REQUIRE(plan(run.state, {}).calls == Indices{0});
    CHECK(run.state.calls()[0].attempt == attempt);
    Called called = run.outcome(0, "?", Called::Kind::unknown, "server_timeout");
    called.effect = policies::Effect::idempotent;
    run.then(called);
  }
  CHECK(plan(run.state, {}).ask_model);
}

namespace {

// A keyed call that has been lost once.
RunScript lost_once() {
  RunScript run;
  run.answers({"pay"});
  Called called = run.outcome(0, "?", Called::Kind::unknown, "server_garbage");
  called.effect = policies::Effect::keyed;
  called.key = "k1";
  run.then(called);
  return run;
}

Called again(const RunScript& run, Called::Kind kind) {
  Called called = run.outcome(0, "?", kind, "again");
  called.effect = policies::Effect::keyed;
  if (kind != Called::Kind::refused) called.key = "k1";
  return called;
}

bool is_parked(const RunScript& run) {
  return run.state.status() == RunState::Status::waiting && plan(run.state, {}).calls.empty();
}

}  // namespace

TEST_CASE(
    "a keyed call that was lost is sent again with its key, a few times, then a person is asked") {
  RunScript run = lost_once();
  for (const std::int64_t attempt : {1, 2}) {
    REQUIRE(plan(run.state, {}).calls == Indices{0});
    CHECK(run.state.calls()[0].attempt == attempt);
    CHECK(run.state.calls()[0].key == "k1");
    run.then(again(run, Called::Kind::unknown));
  }
  CHECK(is_parked(run));
}

TEST_CASE("a keyed call keeps its key over a crash") {
  RunScript run = lost_once();
  run.then(Recovered{});
  CHECK(plan(run.state, {}).calls == Indices{0});
  CHECK(run.state.calls()[0].key == "k1");
}

TEST_CASE("a keyed call whose key is not known is not sent again") {
  RunScript run;
  run.answers({"pay"});
  Called called = run.outcome(0, "?", Called::Kind::unknown, gateway_stopped);
  called.effect = policies::Effect::keyed;
  run.then(called);
  CHECK(is_parked(run));
}

TEST_CASE("after a keyed call was lost only an answer tells what became of it") {
  RunScript run = lost_once();
  SECTION("an attempt that was not carried out is followed by another") {
    run.then(again(run, Called::Kind::failed));
    CHECK(plan(run.state, {}).calls == Indices{0});
    run.then(again(run, Called::Kind::failed));
    CHECK(is_parked(run));
  }
  SECTION("what Sluice refuses is left to a person") {
    run.then(again(run, Called::Kind::refused));
    CHECK(is_parked(run));
  }
  SECTION("an answer ends it") {
    run.then(again(run, Called::Kind::answered));
    CHECK(plan(run.state, {}).ask_model);
  }
}

TEST_CASE("a keyed call that certainly did not happen is told to the model like any other") {
  RunScript run;
  run.answers({"pay"});
  run.then(again(run, Called::Kind::failed));
  CHECK(plan(run.state, {}).ask_model);
}

TEST_CASE("a key that its server may have forgotten is not sent again, unless a person says so") {
  RunScript run = lost_once();
  run.then(Paused{"ops"}).after(24h, Resumed{"ops"}).settle();
  REQUIRE(is_parked(run));
  run.then(Resolved{0, 0, Resolved::How::not_done, "", "ops"});
  CHECK(plan(run.state, {}).calls == Indices{0});
  CHECK(run.state.calls()[0].key == "k1");
}

TEST_CASE("the time in which a call waited for its approval does not age its key") {
  RunScript run;
  run.answers({"pay"});
  Called waiting = run.outcome(0, "Approval apr_1 waits.", Called::Kind::waiting, "approval");
  waiting.approval = "apr_1";
  run.then(waiting).after(20h, Decided{"apr_1"}).then(again(run, Called::Kind::unknown));
  run.then(Paused{"ops"}).after(5h, Resumed{"ops"}).settle();
  CHECK(plan(run.state, {}).calls == Indices{0});
}

namespace {

// A call that was lost once, and about which its verify tool can be asked.
RunScript in_doubt() {
  RunScript run;
  run.answers({"pay"});
  Called called = run.outcome(0, "?", Called::Kind::unknown, gateway_stopped);
  called.effect = policies::Effect::reconcilable;
  called.doubt = "int_a";
  run.then(called);
  return run;
}

Called later(const RunScript& run, Called::Kind kind, const std::string& doubt = "") {
  Called called = run.outcome(0, "?", kind, "later");
  called.effect = policies::Effect::reconcilable;
  called.doubt = doubt;
  return called;
}

}  // namespace

TEST_CASE("a lost call that can be verified is, a few times, then a person is asked") {
  RunScript run = in_doubt();
  for (const std::int64_t attempt : {1, 2}) {
    REQUIRE(plan(run.state, {}).calls == Indices{0});
    CHECK(run.state.calls()[0].attempt == attempt);
    CHECK(run.state.calls()[0].doubt == "int_a");
    run.then(later(run, Called::Kind::unknown, "int_a"));
  }
  CHECK(is_parked(run));
}

TEST_CASE("what a run knows of a lost call outlives a crash") {
  RunScript run = in_doubt();
  run.then(Recovered{});
  CHECK(plan(run.state, {}).calls == Indices{0});
  CHECK(run.state.calls()[0].doubt == "int_a");
}

TEST_CASE("after a later attempt was lost it is that one that is asked about") {
  RunScript run = in_doubt();
  run.then(later(run, Called::Kind::unknown, "int_b"));
  CHECK(run.state.calls()[0].doubt == "int_b");
}

TEST_CASE("what was found out about a lost call ends it") {
  RunScript run = in_doubt();
  run.then(later(run, Called::Kind::answered));
  CHECK(plan(run.state, {}).ask_model);
}

TEST_CASE("that a later attempt was not carried out says nothing of a call in doubt") {
  RunScript run = in_doubt();
  SECTION("one that failed is followed by another") {
    run.then(later(run, Called::Kind::failed, "int_a"));
    CHECK(plan(run.state, {}).calls == Indices{0});
  }
  SECTION("one that was refused is left to a person") {
    run.then(later(run, Called::Kind::refused));
    CHECK(is_parked(run));
  }
}

TEST_CASE("what a person says was not done is sent again without a question") {
  RunScript run = in_doubt();
  run.then(later(run, Called::Kind::refused));
  run.then(Resolved{0, 0, Resolved::How::not_done, "", "ops"});
  CHECK(plan(run.state, {}).calls == Indices{0});
  CHECK(run.state.calls()[0].doubt == "");
}

}  // namespace plan_lost_call_test
