#include "runtime/runtime.h"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "base/json.h"
#include "tests/support/runtime_process.h"
#include "tests/support/temp_dir.h"

namespace runtime_test {

using namespace runtime;
using tests::Process;

TEST_CASE("a run works through its script, and pays what it cost") {
  const tests::TempDir directory;
  Process process(directory);
  process.start();
  const RunState state = process.ended(process.begin());
  REQUIRE(state.end());
  CHECK(state.end()->status == Ended::Status::done);
  CHECK(state.end()->text == "Done.");
  CHECK(process.server.sent == 2);
  // 0.10 for the call; twice 1000 tokens at 1.00 and 100 at 2.00 a million.
  CHECK(state.spent() == 100'000'000 + 2 * 1'200'000);
  const auto uses = process.run(process.ledger.usage());
  REQUIRE(uses->size() == 1);
  CHECK(uses->front().settled == state.spent());
  CHECK(uses->front().held == 0);
}

TEST_CASE("a call for which the run's money has no room is not sent, and the model is told") {
  constexpr const char* two_writes = R"({"answers": [
    {"calls": [{"tool": "files__write", "arguments": {"message": "a"}},
               {"tool": "files__write", "arguments": {"message": "b"}}], "usage": {"input": 1000, "output": 100}},
    {"text": "Done.", "usage": {"input": 1000, "output": 100}}
  ]})";
  const tests::TempDir directory;
  Process process(directory, {}, two_writes, 'a', 150'000'000);
  process.start();
  const std::string id = process.begin();
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->text == "Done.");
  CHECK(process.server.sent == 1);
  CHECK(state.spent() == 100'000'000 + 2 * 1'200'000);
  const auto events = process.run(process.runtime->reader().all(id));
  const bool told = std::ranges::any_of(*events, [](const StoredEvent& stored) {
    const auto* called = std::get_if<Called>(&stored.event.what);
    return called != nullptr && called->reason == "money" &&
           text_of(called->result) ==
               "This call costs 0.10, and of the run's money 0.0488 is left. "
               "Nothing was sent.";
  });
  CHECK(told);
}

TEST_CASE("a journal that takes nothing for a while costs time and nothing else") {
  const tests::TempDir directory;
  Process process(directory);
  process.start();
  const std::string id = process.begin();
  process.flaky.refusals = 3;
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->status == Ended::Status::done);
  CHECK(process.server.sent == 2);
}

TEST_CASE("a run that has ended, or does not wait, takes no word") {
  const tests::TempDir directory;
  Process process(directory);
  process.start();
  const std::string id = process.begin();
  process.ended(id);
  const auto gone = [&] { return process.run(process.runtime->tell(id, Paused{"ops"})); };
  CHECK_FALSE(gone().ok());
  CHECK_FALSE(process.run(process.runtime->tell("run_none", Paused{"ops"})).ok());
}

TEST_CASE("while the store does not answer a run is paused, and it goes on by itself") {
  const tests::TempDir directory;
  Process process(directory);
  process.start();
  process.flaky_ledger.refusals = 1;
  const std::string id = process.begin();
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->status == Ended::Status::done);
  CHECK(process.count(id, "store_lost") == 1);
  CHECK(process.count(id, "store_back") == 1);
  CHECK(process.count(id, "ask_failed") == 0);
  CHECK(process.server.sent == 2);
}

TEST_CASE("a result that is too long for the journal is told as such, and its run goes on",
          "[slow]") {
  const tests::TempDir directory;
  Process process(directory);
  process.server.result_size = 13 << 20;
  process.start();
  const std::string id = process.begin();
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->status == Ended::Status::done);
  for (const Event& event : process.events(id)) {
    const auto* called = std::get_if<Called>(&event.what);
    if (called != nullptr) CHECK(text_of(called->result).find("too long") != std::string::npos);
  }
  CHECK(process.run(process.ledger.usage())->front().held == 0);
  CHECK(process.journal->open_items()->empty());
}

TEST_CASE("results that are too much for the journal at once are recorded one after the other",
          "[slow]") {
  const tests::TempDir directory;
  base::Json calls = base::Json::array();
  for (int n = 0; n < 4; ++n) {
    calls.push_back({{"tool", "files__write"}, {"arguments", {{"message", std::to_string(n)}}}});
  }
  const base::Json answers = {{{"calls", calls}}, {{"text", "Done."}}};
  Process process(directory, {}, base::dump_json({{"answers", answers}}));
  process.server.result_size = 5 << 20;
  process.server.is_held = true;
  process.start();
  const std::string id = process.begin();
  process.wait_until(id, [&](const RunState&) { return process.server.sent == 4; });
  process.flaky.refusals = 4;  // so that the run is left with all of them
  process.server.is_held = false;
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->status == Ended::Status::done);
}

}  // namespace runtime_test
