#include "runtime/runtime.h"

#include <algorithm>
#include <atomic>
#include <future>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "mcp/messages.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "tests/support/snapshot.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

using namespace runtime;
using namespace std::chrono_literals;
namespace pipeline = gateway::pipeline;

namespace {

constexpr const char* policy_text = R"(
currency: EUR
agents: {worker: {roles: [all]}}
roles: {all: {allow: ["*"], budgets: [{name: daily, window: day, money: 1.00}]}}
tools: {files/read: {effect: read_only}, files/write: {price: 0.10}}
)";

constexpr const char* script_text = R"({"answers": [
  {"calls": [{"tool": "files__write", "arguments": {"message": "a"}},
             {"tool": "files__read", "arguments": {"message": "b"}}],
   "usage": {"input": 1000, "output": 100}},
  {"text": "Done.", "usage": {"input": 1000, "output": 100}}
]})";

/// A journal that takes nothing for a while.
class FlakyJournal final : public base::Journal {
 public:
  explicit FlakyJournal(base::Journal& real) : real_(real) {}
  base::Task<base::Status> commit(std::vector<base::JournalEntry> entries) override {
    if (--refusals >= 0) co_return base::Error{base::Code::unavailable, "the disk is full", {}};
    co_return co_await real_.commit(std::move(entries));
  }
  base::Status submit(std::vector<base::JournalEntry> entries) override {
    return real_.submit(std::move(entries));
  }
  bool writable() const override { return real_.writable(); }

  std::atomic<int> refusals = 0;

 private:
  base::Journal& real_;
};

/// Answers every call; or lets one wait until the loops end.
class Server final : public pipeline::Dispatcher {
 public:
  base::Task<base::Result<pipeline::ServerAnswer>> send(const policies::Permit&,
                                                        const pipeline::Call& call) override {
    ++sent;
    if (hangs) {
      while (co_await call.loop->sleep(10ms)) {
      }
      co_return base::Error{base::Code::cancelled, "the gateway is stopping", {}};
    }
    pipeline::ServerAnswer answer;
    answer.response.result = mcp::text_content_result("fine", false);
    co_return answer;
  }
  std::atomic<int> sent = 0;
  std::atomic<bool> hangs = false;
};

/// A process: everything from the journal up, as the gateway puts it together.
class Process {
 public:
  explicit Process(const tests::TempDir& directory, const char* script = script_text,
                   Nanos money = -1, char seal_key = 'a')
      : directory_(directory) {
    tests::write_file(directory / "script.json", script);
    snapshot.set(tests::snapshot_of(
        policy_text, {tests::server_tools("files", {tests::echo_definition("read"),
                                                    tests::echo_definition("write")})}));
    Settings settings;
    settings.models["m"].script = directory / "script.json";
    settings.models["m"].price = Price{1'000'000'000, 2'000'000'000, 0, 0, 1'000'000};
    settings.agents["worker"].model = "m";
    settings.agents["worker"].stop.money = money;
    auto opened = Runtime::open(settings, *base::Sealer::from_key(std::string(64, seal_key)),
                                {loops, flaky, directory / "journal.db", log, calls, snapshot,
                                 ledger, approvals, limits, [] { return true; }});
    REQUIRE(opened);
    runtime = *std::move(opened);
    const auto left = journal->open_items();
    REQUIRE(left);
    for (const base::JournalRecord& open : *left) {
      if (open.stream == run_stream) {
        runtime->take_over(open);
      } else {
        (void)journal->submit(runtime->lost_call(open));
      }
    }
  }
  ~Process() { loops.stop(); }

  void start() {
    loops.start();
    runtime->start();
  }

  template <class T>
  std::future<T> launch(base::Task<T> task) {
    auto promise = std::make_shared<std::promise<T>>();
    const auto keep = [](base::Task<T> running,
                         std::shared_ptr<std::promise<T>> kept) -> base::Task<void> {
      kept->set_value(co_await std::move(running));
    };
    loops.at(0).spawn(keep(std::move(task), promise));
    return promise->get_future();
  }
  template <class T>
  T run(base::Task<T> task) {
    return launch(std::move(task)).get();
  }
  std::string begin() {
    auto started = run(runtime->begin("worker", "Work.", "boss", "agent boss"));
    REQUIRE(started);
    return *started;
  }
  /// The run's state once `is_there` says so; as it is after 10 s otherwise.
  RunState wait_until(const std::string& id, std::function<bool(const RunState&)> is_there) {
    return run(watch(id, std::move(is_there)));
  }
  RunState ended(const std::string& id) {
    return wait_until(id, [](const RunState& state) { return state.end().has_value(); });
  }

  const tests::TempDir& directory_;
  policies::ledger::SystemClock clock;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  std::unique_ptr<base::SqliteJournal> journal =
      *base::SqliteJournal::open(directory_ / "journal.db");
  FlakyJournal flaky{*journal};
  policies::ledger::MemoryLedger ledger{*journal, clock};
  Server server;
  pipeline::CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{*journal, clock};
  pipeline::Pipeline calls =
      pipeline::call_pipeline({flaky, log, limits, server, ledger, metrics, approvals, clock});
  pipeline::CurrentSnapshot snapshot;
  base::EventLoops loops{2};
  std::unique_ptr<Runtime> runtime;

 private:
  base::Task<RunState> watch(std::string id, std::function<bool(const RunState&)> is_there) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (true) {
      const auto version = runtime->feed().version(id);
      const auto events = co_await runtime->reader().all(id);
      RunState state;
      if (events) {
        for (const StoredEvent& stored : *events) state.apply(stored.event);
      }
      if (is_there(state) || std::chrono::steady_clock::now() >= until) co_return state;
      co_await runtime->feed().changed(loops.at(0), id, version,
                                       std::chrono::steady_clock::now() + 100ms);
    }
  }
};

}  // namespace

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
  Process process(directory, two_writes, 150'000'000);
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

TEST_CASE("a run that a stop cut off goes on in the next process") {
  const tests::TempDir directory;
  std::string id;
  {
    Process process(directory);
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
  }
  Process process(directory);
  process.start();
  // What was under way may have happened: the run waits for a person to say so.
  const RunState parked = process.wait_until(
      id, [](const RunState& state) { return state.status() == RunState::Status::waiting; });
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
  std::string id;
  {
    Process process(directory);
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
  }
  Process process(directory);
  process.start();
  process.wait_until(
      id, [](const RunState& state) { return state.status() == RunState::Status::waiting; });
  auto one = process.launch(
      process.runtime->tell(id, Resolved{0, 0, Resolved::How::done, "written", "ann"}));
  auto other =
      process.launch(process.runtime->tell(id, Resolved{0, 0, Resolved::How::abandon, "", "bob"}));
  CHECK(one.get().ok() != other.get().ok());
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

TEST_CASE("whoever speaks to a run that cannot be read is told so") {
  const tests::TempDir directory;
  std::string id;
  {
    Process process(directory);
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
  }
  Process process(directory, script_text, -1, 'b');
  process.start();
  for (int turn = 0; turn < 2; ++turn) {  // before it was tried, and afterwards
    const base::Status told = process.run(process.runtime->tell(id, Cancelled{"ops"}));
    REQUIRE_FALSE(told.ok());
    CHECK(told.error().code == base::Code::broken);
  }
}
