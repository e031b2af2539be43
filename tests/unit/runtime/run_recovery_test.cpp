#include "runtime/runtime.h"

#include <string>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "gateway/pipeline/record.h"
#include "tests/support/runtime_process.h"
#include "tests/support/temp_dir.h"

namespace run_recovery_test {

using namespace runtime;
using tests::Process;

namespace {

enum class End { stops, dies };

// The id of a run whose process ended while two of its calls were under way.
std::string begun_and_left(const tests::TempDir& directory, End end) {
  Process process(directory);
  process.server.hangs = true;
  process.start();
  std::string id = process.begin();
  process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
  if (end == End::dies) process.die();
  return id;
}

RunState parked_in(Process& process, const std::string& id) {
  return process.wait_until(
      id, [](const RunState& state) { return state.status() == RunState::Status::waiting; });
}

}  // namespace

TEST_CASE("a run that a stop cut off goes on in the next process") {
  const tests::TempDir directory;
  const std::string id = begun_and_left(directory, End::stops);
  Process process(directory);
  process.start();
  // What was under way may have happened: the run waits for a person to say so.
  const RunState parked = parked_in(process, id);
  REQUIRE(parked.status() == RunState::Status::waiting);
  const Resolved resolved{0, 0, Resolved::How::done, "written", "ops"};
  CHECK(process.run(process.runtime->tell(id, resolved)).ok());
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->text == "Done.");
  CHECK(process.server.sent <= 1);  // at most the one that only reads
}

TEST_CASE("of two who say what became of one call at once, one is told that it is too late") {
  const tests::TempDir directory;
  const std::string id = begun_and_left(directory, End::stops);
  Process process(directory);
  process.start();
  parked_in(process, id);
  auto one = process.launch(
      process.runtime->tell(id, Resolved{0, 0, Resolved::How::done, "written", "ann"}));
  auto other =
      process.launch(process.runtime->tell(id, Resolved{0, 0, Resolved::How::abandon, "", "bob"}));
  CHECK(one.get().ok() != other.get().ok());
}

TEST_CASE("a call that may have happened is not made again, whoever closed its intent meanwhile") {
  const tests::TempDir directory;
  const std::string id = begun_and_left(directory, End::dies);
  {  // a gateway that knows no runs
    const auto journal = *base::SqliteJournal::open(directory / "journal.db");
    const auto left = journal->open_items();
    for (const base::JournalRecord& open : *left) {
      if (open.stream == "intent") {
        (void)journal->submit({gateway::pipeline::crashed_outcome_entry(open.key)});
      }
    }
  }
  Process process(directory);
  process.start();
  const RunState parked = parked_in(process, id);
  CHECK(parked.status() == RunState::Status::waiting);
  CHECK(process.server.sent <= 1);  // at most the one that only reads
}

TEST_CASE("a gateway with another seal key leaves a run as it is for one with the right key") {
  const tests::TempDir directory;
  const std::string id = begun_and_left(directory, End::dies);
  {
    Process process(directory, {}, tests::run_script, 'b');
    process.start();
    CHECK_FALSE(process.run(process.runtime->tell(id, Paused{"ops"})).ok());
  }
  Process process(directory);
  process.start();
  const RunState parked = parked_in(process, id);
  CHECK(parked.status() == RunState::Status::waiting);
}

TEST_CASE("a run that cannot be read answers whoever has a word for it, early or late") {
  const tests::TempDir directory;
  const std::string id = begun_and_left(directory, End::stops);
  Process process(directory, {}, tests::run_script, 'b');
  process.start();
  for (int word = 0; word < 3; ++word) {
    const auto told = process.run(process.runtime->tell(id, Cancelled{"ops"}));
    REQUIRE_FALSE(told.ok());
    CHECK(told.error().message.find("seal key") != std::string::npos);
  }
}

}  // namespace run_recovery_test
