#include "runtime/conversation.h"

#include <catch2/catch.hpp>

#include "tests/support/runs.h"

namespace conversation_test {

using namespace runtime;
using tests::RunScript;

namespace {

Conversation conversation_of(const RunScript& run) {
  Conversation conversation;
  for (const Event& event : run.events) conversation.apply(event);
  return conversation;
}

RunScript long_run(int turns, std::size_t bytes) {
  RunScript run;
  for (int turn = 0; turn < turns; ++turn) {
    run.answers({"read"}).returns(0, std::to_string(turn) + std::string(bytes, 'x'));
  }
  return run;
}

}  // namespace

TEST_CASE("results stand in the order of the calls, in whatever order they came") {
  RunScript run;
  run.answers({"a", "b", "c"}).returns(2, "third").returns(0, "first").returns(1, "second");
  const Conversation conversation = conversation_of(run);
  REQUIRE(conversation.exchanges().size() == 1);
  const auto& returns = conversation.exchanges()[0]->returns;
  CHECK(returns[0].text == "first");
  CHECK(returns[1].text == "second");
  CHECK(returns[2].text == "third");
}

TEST_CASE("what a person says of an unknown outcome is what the model is told") {
  RunScript run;
  run.answers({"pay"}).returns(0, "?", Called::Kind::unknown, "server_timeout");
  run.then(Resolved{0, 0, Resolved::How::done, "paid 5 EUR", "ops"});
  CHECK(conversation_of(run).exchanges()[0]->returns[0].text == "paid 5 EUR");
  CHECK_FALSE(conversation_of(run).exchanges()[0]->returns[0].error);
}

TEST_CASE("an abandoned call is shown as one that must not be repeated blindly") {
  RunScript run;
  run.answers({"pay"}).returns(0, "?", Called::Kind::unknown, "server_timeout");
  run.then(Resolved{0, 0, Resolved::How::abandon, "", "ops"});
  const ToolReturn returned = conversation_of(run).exchanges()[0]->returns[0];
  CHECK(returned.error);
  CHECK(returned.text.find("Do not repeat it") != std::string::npos);
}

TEST_CASE("a conversation is the same whenever it is put together") {
  const RunScript run = long_run(5, 10);
  Conversation grown;
  for (const Event& event : run.events) grown.apply(event);
  const Conversation rebuilt = conversation_of(run);
  CHECK(grown.bytes() == rebuilt.bytes());
  CHECK(grown.exchanges().size() == rebuilt.exchanges().size());
}

TEST_CASE("the oldest turns leave a window that is full, each with its results") {
  const Conversation conversation = conversation_of(long_run(20, 400));
  const auto question = question_of(conversation, {1200, 4, 0}, {}, 100);
  REQUIRE(question);
  CHECK(question->dropped > 0);
  CHECK(question->exchanges.size() + static_cast<std::size_t>(question->dropped) == 20);
  for (const auto& exchange : question->exchanges) CHECK(exchange->returns.size() == 1);
  CHECK(question->bytes() <= 4 * 1100);
  CHECK(question->opening().find("no longer shown") != std::string::npos);
}

TEST_CASE("what has left the window stays away, so that the beginning does not change") {
  const Conversation conversation = conversation_of(long_run(20, 400));
  const auto first = question_of(conversation, {1200, 4, 0}, {}, 100);
  const auto again = question_of(conversation, {1200, 4, first->dropped}, {}, 100);
  CHECK(again->dropped == first->dropped);
  CHECK(first->bytes() <= 4 * 1100 / 4 * 3);
}

TEST_CASE("a long result keeps its beginning and its end") {
  RunScript run;
  run.answers({"read"}).returns(0, "begin" + std::string(100'000, 'x') + "end");
  const auto question = question_of(conversation_of(run), {2000, 4, 0}, {}, 100);
  REQUIRE(question);
  const std::string& text = question->exchanges[0]->returns[0].text;
  CHECK(text.starts_with("begin"));
  CHECK(text.ends_with("end"));
  CHECK(text.find("bytes left out") != std::string::npos);
  CHECK(text.size() < 4000);
}

TEST_CASE("a question that does not fit at all is none") {
  RunScript run;
  CHECK_FALSE(question_of(conversation_of(run), {10, 4, 0}, {}, 9));
}

TEST_CASE("a question keeps what it shows, whatever is said meanwhile") {
  RunScript run;
  run.answers({"a", "b"}).returns(0, "first");
  Conversation conversation = conversation_of(run);
  const auto question = question_of(conversation, {2000, 4, 0}, {}, 100);
  run.returns(1, "second");
  conversation.apply(run.events.back());
  CHECK(question->exchanges[0]->returns[1].text.empty());
  CHECK(conversation.exchanges()[0]->returns[1].text == "second");
}

TEST_CASE("a conversation knows how much it was told") {
  RunScript run;
  run.answers({"a"}).returns(0, "first").then(Paused{"ops"}).then(Resumed{"ops"});
  CHECK(conversation_of(run).heard() == 3);
}

TEST_CASE("a summary takes the place of the turns that it sums up") {
  RunScript run = long_run(2, 10);
  Answered summary;
  summary.turn = 2;
  summary.summary = true;
  summary.text = "Two were read.";
  run.then(summary);
  CHECK(run.state.dropped() == 2);
  CHECK(run.state.summarised() == 2);
  CHECK(plan(run.state, {}).ask_model);  // the turn itself has no answer yet
  const auto question = question_of(conversation_of(run), {2000, 4, run.state.dropped()}, {}, 100);
  REQUIRE(question);
  CHECK(question->exchanges.empty());
  CHECK(question->opening().find("Sort the inbox.") == 0);
  CHECK(question->opening().find("Two were read.") != std::string::npos);
  run.answers({"read"}).returns(0, "third");
  CHECK(conversation_of(run).exchanges().size() == 3);
}

}  // namespace conversation_test
