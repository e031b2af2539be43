#include "runtime/scripted_model.h"

#include <catch2/catch.hpp>

#include "tests/support/run_task.h"

namespace scripted_model_test {

using namespace runtime;

namespace {

constexpr const char* script_text = R"({"answers": [
  {"text": "I look.", "calls": [{"tool": "files__list", "arguments": {"path": "/"}}],
   "usage": {"input": 10, "output": 4}},
  {"error": "429: too many"},
  {"text": "Done."}
]})";

base::Result<ModelAnswer> answer(std::int64_t turn) {
  ScriptedModel model(*parse_script(script_text));
  base::Loop loop(0);
  Question question;
  question.turn = turn;
  return tests::run_task(model.ask(loop, question, base::SteadyTime::max()));
}

}  // namespace

TEST_CASE("each turn has its line of the script") {
  const auto first = answer(0);
  REQUIRE(first);
  CHECK(first->calls.at(0).tool == "files__list");
  CHECK(first->calls.at(0).arguments == base::Json{{"path", "/"}});
  CHECK(first->usage.output == 4);
  CHECK(first->usage.reported);
  CHECK(answer(1).error().message == "429: too many");
  CHECK(answer(2)->text == "Done.");
}

TEST_CASE("after its last line the script says that it has no more") {
  CHECK(answer(3).error().message == "the script has no answer for turn 4");
}

TEST_CASE("what a script says when it is to sum up stands apart from its turns") {
  base::Loop loop(0);
  Question question;
  question.closing = ask_for_summary();
  ScriptedModel silent(*parse_script(script_text));
  const auto none = tests::run_task(silent.ask(loop, question, base::SteadyTime::max()));
  CHECK(none.error().message == "the script has no summary");
  ScriptedModel model(*parse_script(R"({"answers": [], "summary": "Two mails."})"));
  CHECK(tests::run_task(model.ask(loop, question, base::SteadyTime::max()))->text == "Two mails.");
}

TEST_CASE("a script with a mistake says where") {
  const auto mistake = [](const std::string& text) { return parse_script(text).error().message; };
  CHECK(mistake("{}") == "script: expected a list 'answers'");
  CHECK(mistake(R"({"answers": [{"txt": ""}]})") == "/answers/0: unknown key 'txt'");
  CHECK(mistake(R"({"answers": [{"calls": [{"arguments": {}}]}]})") ==
        "/answers/0/calls/0: a call needs a 'tool'");
  CHECK(mistake(R"({"answers": [{"delay_ms": -1}]})") ==
        "/answers/0/delay_ms: expected a whole number from 0 to 600000");
  CHECK_FALSE(parse_script("no JSON"));
}

}  // namespace scripted_model_test
