#include "runtime/runtime.h"

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

#include "tests/support/runtime_process.h"
#include "tests/support/temp_dir.h"

namespace run_context_test {

using namespace runtime;
using namespace std::chrono_literals;
using tests::Process;

TEST_CASE("a context whose time is over is rebuilt, unless its agent wants it forgotten") {
  const tests::TempDir directory;
  using OnExpiry = ContextSettings::OnExpiry;
  const auto [on_expiry, context, dropped] =
      GENERATE(std::tuple(OnExpiry::rebuild, Asked::Context::rebuilt, 0),
               std::tuple(OnExpiry::forget, Asked::Context::forgotten, 1));
  Process process(directory, {0ms, 32'768, on_expiry});
  process.start();
  const std::string id = process.begin();
  REQUIRE(process.ended(id).end()->status == Ended::Status::done);
  const auto asked = process.asked(id);
  REQUIRE(asked.size() == 2);
  CHECK(asked[1].context == context);
  CHECK(asked[1].dropped == dropped);
}

TEST_CASE("a context whose time is over is summed up by the model, once, and paid for") {
  const tests::TempDir directory;
  const std::string script =
      std::string(tests::run_script).insert(1, R"("summary": "One was written.",)");
  Process process(directory, {0ms, 32'768, ContextSettings::OnExpiry::summarise}, script);
  process.start();
  const std::string id = process.begin();
  const RunState state = process.ended(id);
  REQUIRE(state.end());
  CHECK(state.end()->text == "Done.");
  const auto asked = process.asked(id);
  REQUIRE(asked.size() == 3);
  CHECK(asked[1].context == Asked::Context::summarised);
  CHECK(asked[1].reserved > 0);
  CHECK(asked[2].context == Asked::Context::rebuilt);
  CHECK(asked[2].turn == 1);
  CHECK(asked[2].attempt == 1);
  CHECK(asked[2].dropped == 1);
  const auto uses = process.run(process.ledger.usage());
  CHECK(uses->front().settled == state.spent());
  CHECK(uses->front().held == 0);
}

TEST_CASE("a context that is lost before its time is over is rebuilt, whatever its agent wants") {
  const tests::TempDir directory;
  std::string id;
  {
    Process process(directory, {1h, 32'768, ContextSettings::OnExpiry::forget});
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
    process.die();
  }
  Process process(directory);
  process.start();
  process.wait_until(
      id, [](const RunState& state) { return state.status() == RunState::Status::waiting; });
  CHECK(
      process.run(process.runtime->tell(id, Resolved{0, 0, Resolved::How::done, "", "ops"})).ok());
  REQUIRE(process.ended(id).end());
  CHECK(process.asked(id).back().context == Asked::Context::rebuilt);
  CHECK(process.asked(id).back().dropped == 0);
}

}  // namespace run_context_test
