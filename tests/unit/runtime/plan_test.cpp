#include "runtime/plan.h"

#include <catch2/catch.hpp>

#include "tests/support/runs.h"

namespace plan_test {

using namespace runtime;
using namespace std::chrono_literals;
using tests::RunScript;
using Indices = std::vector<std::size_t>;

TEST_CASE("a run begins with a question to the model, asked once") {
  RunScript run;
  CHECK(plan(run.state, {}).ask_model);
  CHECK_FALSE(plan(run.state, {true, {}}).ask_model);
}

TEST_CASE("the calls of one answer are made side by side") {
  RunScript run;
  run.answers({"a", "b", "c"});
  CHECK(plan(run.state, {}).calls == Indices{0, 1, 2});
  CHECK(plan(run.state, {false, {0, 2}}).calls == Indices{1});
}

TEST_CASE("one call that fails does not lose the others") {
  RunScript run;
  run.answers({"a", "b"}).returns(1, "no such file", Called::Kind::failed, "server_unavailable");
  CHECK(plan(run.state, {}).calls == Indices{0});
  run.returns(0, "fine");
  CHECK(plan(run.state, {}).ask_model);
  CHECK(run.state.turn() == 1);
}

TEST_CASE("an answer without calls ends the run with its text") {
  RunScript run;
  run.answers({}, "All sorted.").settle();
  REQUIRE(run.state.end());
  CHECK(run.state.end()->status == Ended::Status::done);
  CHECK(run.state.end()->text == "All sorted.");
  CHECK(plan(run.state, {}).wake == std::nullopt);
}

TEST_CASE("an answer that was cut off is no result") {
  RunScript run;
  Answered answered;
  answered.text = "All sor";
  answered.finish = Finish::cut_off;
  run.then(answered).settle();
  CHECK(run.state.end()->status == Ended::Status::failed);
  CHECK(run.state.end()->reason == "answer_cut_off");
}

TEST_CASE("a refusal is an observation, and the run goes on") {
  RunScript run;
  run.answers({"a"}).returns(0, "Unknown tool: a", Called::Kind::refused, "unknown_tool");
  CHECK(plan(run.state, {}).ask_model);
}

TEST_CASE("the provider's last error ends the run as failed, in its words") {
  RunScript run;
  AskFailed failed;
  failed.text = "the model's server answered 401: no such key";
  run.then(failed).settle();
  CHECK(run.state.end()->status == Ended::Status::failed);
  CHECK(run.state.end()->text == failed.text);
}

TEST_CASE("an answer that broke off is asked for again, a few times") {
  RunScript run;
  AskFailed failed;
  failed.kind = AskFailed::Kind::broke_off;
  failed.text = "the model's answer broke off";
  failed.cost = 7;
  for (failed.attempt = 0; failed.attempt < 3; ++failed.attempt) {
    REQUIRE(plan(run.state, {}).ask_model);
    CHECK(run.state.asks() == failed.attempt);
    run.then(failed);
  }
  run.settle();
  CHECK(run.state.end()->status == Ended::Status::failed);
  CHECK(run.state.spent() == 21);
}

TEST_CASE("arguments that are no object are not sent, and the model is told why") {
  RunScript run;
  Answered answered;
  answered.calls.push_back({"call_0", "a", base::Json::object(), "The arguments are no JSON."});
  run.then(answered);
  run.settle();
  CHECK(run.state.turn() == 1);
  const auto& called = std::get<Called>(run.events.back().what);
  CHECK(called.reason == "invalid_arguments");
  CHECK(text_of(called.result) == "The arguments are no JSON.");
}

TEST_CASE("invalid arguments may be mended twice") {
  RunScript run;
  for (int answer = 0; answer < 3; ++answer) {
    REQUIRE(plan(run.state, {}).ask_model);
    run.answers({"a"}).returns(0, "/x: wrong " + std::to_string(answer), Called::Kind::refused,
                               "invalid_arguments");
  }
  run.settle();
  CHECK(run.state.end()->status == Ended::Status::stuck);
  CHECK(run.state.end()->reason == "invalid_tool_call");
}

TEST_CASE("valid arguments give all repairs back") {
  RunScript run;
  for (int answer = 0; answer < 2; ++answer) {
    run.answers({"a"}).returns(0, "/x: wrong " + std::to_string(answer), Called::Kind::refused,
                               "invalid_arguments");
  }
  run.answers({"a"}).returns(0, "right");
  for (int answer = 2; answer < 4; ++answer) {
    run.answers({"a"}).returns(0, "/x: wrong " + std::to_string(answer), Called::Kind::refused,
                               "invalid_arguments");
  }
  CHECK(plan(run.state, {}).ask_model);
}

TEST_CASE("the third identical call with an identical result is not sent") {
  RunScript run;
  for (int turn = 0; turn < 2; ++turn) run.answers({"list"}).returns(0, "empty");
  run.answers({"list"});
  const Plan next = run.settle();
  CHECK(next.calls.empty());
  CHECK(next.ask_model);
  CHECK(std::get<Called>(run.events.back().what).kind == Called::Kind::withheld);
}

TEST_CASE("a run that insists twice more ends as stuck") {
  RunScript run;
  for (int turn = 0; turn < 2; ++turn) run.answers({"list"}).returns(0, "empty");
  for (int turn = 0; turn < 3; ++turn) {
    REQUIRE_FALSE(run.state.end());
    run.answers({"list"}).settle();
  }
  REQUIRE(run.state.end());
  CHECK(run.state.end()->status == Ended::Status::stuck);
  CHECK(run.state.end()->reason == "repetition");
}

TEST_CASE("asking again for something that changes is no circle") {
  RunScript run;
  for (int turn = 0; turn < 10; ++turn) run.answers({"poll"}).returns(0, std::to_string(turn));
  run.answers({"poll"});
  CHECK(plan(run.state, {}).calls == Indices{0});
}

TEST_CASE("identical calls of one answer are made one after the other, and the third is not") {
  RunScript run;
  run.answers({"list", "list", "list"});
  CHECK(plan(run.state, {}).calls == Indices{0});
  run.returns(0, "empty");
  CHECK(plan(run.state, {}).calls == Indices{1});
  run.returns(1, "empty");
  CHECK(run.settle().ask_model);
}

TEST_CASE("a run stops after its last step") {
  StopConditions stop;
  stop.steps = 2;
  RunScript run(stop);
  run.answers({"a"}).returns(0, "1").answers({"a"}).returns(0, "2").settle();
  CHECK(run.state.end()->status == Ended::Status::stopped);
  CHECK(run.state.end()->reason == "steps");
}

TEST_CASE("a run stops when its money is used up") {
  StopConditions stop;
  stop.money = 100;
  RunScript run(stop);
  Answered answered;
  answered.calls.push_back({"call_0", "a", base::Json::object(), ""});
  answered.cost = 60;
  run.then(answered);
  Called called = run.outcome(0, "fine");
  called.cost = 40;
  run.then(called).settle();
  CHECK(run.state.spent() == 100);
  CHECK(run.state.end()->reason == "money");
}

TEST_CASE("a question that a crash cut off counts with what was reserved for it") {
  StopConditions stop;
  stop.money = 100;
  RunScript run(stop);
  Asked asked;
  asked.reserved = 60;
  run.then(asked).then(Recovered{});
  CHECK(run.state.spent() == 60);
  asked.attempt = 1;
  asked.reserved = 40;
  Answered answered;
  answered.attempt = 1;
  answered.calls.push_back({"call_0", "a", base::Json::object(), ""});
  answered.cost = 30;
  run.then(asked).then(answered).then(Recovered{});
  CHECK(run.state.spent() == 90);
}

TEST_CASE("a run stops at its deadline, also while it waits for a person") {
  StopConditions stop;
  stop.deadline = 1h;
  RunScript run(stop);
  run.answers({"a"}).returns(0, "?", Called::Kind::unknown, "server_timeout");
  const Plan waiting = plan(run.state, {});
  CHECK(waiting.wake == tests::run_begin + 1h);
  run.after(1h, Ticked{}).settle();
  CHECK(run.state.end()->status == Ended::Status::stopped);
  CHECK(run.state.end()->reason == "deadline");
}

TEST_CASE("waiting for a person takes no active time, working does") {
  StopConditions stop;
  stop.active_time = 10s;
  RunScript run(stop);
  run.answers({"a"}).returns(0, "?", Called::Kind::unknown, "server_timeout");
  run.after(24h, Resolved{0, 0, Resolved::How::abandon, "", "ops"});
  CHECK(run.state.active() == 2s);
  CHECK(plan(run.state, {}).ask_model);
  run.after(8s, Ticked{}).settle({true, {}});
  CHECK(run.state.end()->reason == "active_time");
}

TEST_CASE("the time without a process is no active time") {
  RunScript run;
  run.after(24h, Recovered{});
  CHECK(run.state.active() == 0s);
}

TEST_CASE("a clock that goes back changes nothing") {
  RunScript run;
  run.after(5s, Ticked{}).after(-1h, Ticked{}).after(1h, Ticked{});
  CHECK(run.state.active() == 5s);
  CHECK(run.state.now() == tests::run_begin + 5s);
}

TEST_CASE("a run that is to end waits for what was sent") {
  RunScript run;
  run.answers({"a", "b"}).then(Cancelled{"ops"});
  const Plan next = plan(run.state, {false, {0}});
  CHECK(next.record.empty());
  CHECK(next.calls.empty());
  run.returns(0, "fine").settle();
  CHECK(run.state.end()->status == Ended::Status::cancelled);
}

TEST_CASE("a paused run begins nothing new") {
  RunScript run;
  run.answers({"a", "b"}).then(Paused{"ops"}).returns(0, "fine");
  CHECK(run.state.status() == RunState::Status::paused);
  CHECK(plan(run.state, {}).calls.empty());
  run.then(Resumed{"ops"});
  CHECK(plan(run.state, {}).calls == Indices{1});
}

TEST_CASE("a call that waits for an approval is made again when that is decided") {
  RunScript run;
  run.answers({"delete"});
  Called waiting = run.outcome(0, "Approval apr_1 waits.", Called::Kind::waiting, "approval");
  waiting.approval = "apr_1";
  run.then(waiting);
  CHECK(run.state.status() == RunState::Status::waiting);
  run.then(Decided{"apr_other"});
  CHECK(run.state.status() == RunState::Status::waiting);
  run.then(Decided{"apr_1"});
  CHECK(plan(run.state, {}).calls == Indices{0});
}

TEST_CASE("a second result of one call, or one of an earlier turn, is ignored") {
  RunScript run;
  run.answers({"a", "b"});
  const Called first = run.outcome(0, "fine");
  run.then(first).then(first).returns(1, "fine");
  CHECK(run.state.turn() == 1);
  run.answers({"a"}).then(first);
  CHECK(plan(run.state, {}).calls == Indices{0});
}

TEST_CASE("an answer that comes after the end is paid for and changes nothing else") {
  RunScript run;
  run.then(Cancelled{"ops"}).settle({true, {}});
  Answered late;
  late.cost = 5;
  late.calls.push_back({"call_0", "a", base::Json::object(), ""});
  run.then(late);
  CHECK(run.state.spent() == 5);
  CHECK(run.state.status() == RunState::Status::ended);
  CHECK(plan(run.state, {}).calls.empty());
}

TEST_CASE("while the store does not answer nothing new is begun, and no time is used up") {
  RunScript run({40, -1, 30min, 24h});
  run.answers({"a", "b"}).then(StoreLost{});
  CHECK(run.state.status() == RunState::Status::paused);
  CHECK(run.state.waits_for() == std::vector<std::string>{"the store, which does not answer"});
  CHECK(plan(run.state, {}).calls.empty());
  const auto active = run.state.active();
  run.after(1h, StoreBack{});
  CHECK(run.state.active() == active);
  CHECK(plan(run.state, {}).calls == Indices{0, 1});
}

TEST_CASE("the store of a process that is gone is not the one of the next") {
  RunScript run;
  run.then(StoreLost{}).then(Recovered{});
  CHECK(plan(run.state, {}).ask_model);
}

TEST_CASE("a run whose store does not answer can be cancelled, and reaches its deadline") {
  RunScript run({40, -1, 30min, 24h});
  run.then(StoreLost{}).after(24h, Ticked{}).settle();
  REQUIRE(run.state.end());
  CHECK(run.state.end()->reason == "deadline");
}

TEST_CASE("the time in which no gateway ran is not active, whatever is known of it first") {
  RunScript run({40, -1, 30min, 24h});
  run.answers({"pay"});
  const Called lost = run.outcome(0, "?", Called::Kind::unknown, gateway_stopped);
  run.after(2h, lost).then(Recovered{});
  CHECK(run.state.active() < 1min);
  CHECK(run.state.status() == RunState::Status::waiting);
}

TEST_CASE("a question that a crash left without an answer has cost what was reserved for it") {
  RunScript run;
  Asked asked;
  asked.reserved = 70;
  run.then(asked).then(Recovered{});
  CHECK(run.state.spent() == 70);
  Asked again = asked;
  again.attempt = 1;
  Answered answered;
  answered.attempt = 1;
  answered.cost = 20;
  run.then(again).then(answered).then(Recovered{});
  CHECK(run.state.spent() == 90);
}

TEST_CASE("a context whose time was over stays so when a late result comes, until the next question") {
  RunScript run;
  run.answers({"pay"});
  CHECK_FALSE(run.state.context_expired(Time{}));
  run.after(2h, run.outcome(0, "paid", Called::Kind::answered, ""));
  CHECK(run.state.context_expired(Time{}));
  Asked asked;
  asked.turn = 1;
  run.then(asked);
  CHECK_FALSE(run.state.context_expired(Time{}));
}

}  // namespace plan_test
