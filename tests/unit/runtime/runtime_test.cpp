#include "runtime/runtime.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "gateway/pipeline/record.h"
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

/// A ledger whose store does not answer for a while.
class FlakyLedger final : public policies::ledger::Ledger {
 public:
  explicit FlakyLedger(Ledger& real) : real_(real) {}
  base::Task<base::Result<policies::ledger::Verdict>> admit(
      policies::ledger::Admission admission) override {
    if (--refusals >= 0) {
      co_return base::Error{base::Code::unavailable, "The store does not answer.", {}};
    }
    co_return co_await real_.admit(std::move(admission));
  }
  base::Task<base::Result<std::vector<policies::ledger::BucketUse>>> usage() override {
    return real_.usage();
  }
  base::Task<base::Status> accept_loss() override { return real_.accept_loss(); }
  void set_store_down(policies::ledger::StoreDown store_down) override {
    real_.set_store_down(store_down);
  }

  std::atomic<int> refusals = 0;

 private:
  Ledger& real_;
};

/// Answers every call; or lets one wait until the loops end.
class Server final : public pipeline::Dispatcher {
 public:
  base::Task<base::Result<pipeline::ServerAnswer>> send(const policies::Permit&,
                                                        const pipeline::Call& call) override {
    ++sent;
    while (is_held && co_await call.loop->sleep(10ms)) {
    }
    if (hangs) {
      while (co_await call.loop->sleep(10ms)) {
      }
      co_return base::Error{base::Code::cancelled, "the gateway is stopping", {}};
    }
    pipeline::ServerAnswer answer;
    answer.response.result = mcp::text_content_result(std::string(result_size, 'x'), false);
    co_return answer;
  }
  std::atomic<int> sent = 0;
  std::atomic<bool> hangs = false, is_held = false;
  std::size_t result_size = 4;
};

base::WriterOptions small_queue() {
  base::WriterOptions options;
  options.bytes = 20 << 20;
  return options;
}

/// A process: everything from the journal up, as the gateway puts it together.
class Process {
 public:
  explicit Process(const tests::TempDir& directory, ContextSettings context = {},
                   const std::string& script = script_text, char seal_key = 'a', Nanos money = -1)
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
    settings.agents["worker"].context = context;
    auto opened = Runtime::open(settings, *base::Sealer::from_key(std::string(64, seal_key)),
                                {loops, flaky, directory / "journal.db", log, calls, snapshot,
                                 flaky_ledger, approvals, limits, [] { return true; }});
    REQUIRE(opened);
    runtime = *std::move(opened);
    const auto left = journal->open_items();
    REQUIRE(left);
    for (const base::JournalRecord& open : *left) {
      if (open.stream == run_stream) {
        runtime->take_over(open);
      } else {
        (void)journal->submit({pipeline::crashed_outcome_entry(open.key)});
      }
    }
  }
  ~Process() { loops.stop(); }

  /// From now on nothing of it reaches the journal, as after kill -9.
  void die() { flaky.refusals = std::numeric_limits<int>::max(); }
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
  std::vector<Event> events(const std::string& id) {
    const auto stored = run(runtime->reader().all(id));
    REQUIRE(stored);
    std::vector<Event> all;
    for (const StoredEvent& each : *stored) all.push_back(each.event);
    return all;
  }
  /// How often a kind of event happened in a run.
  std::size_t count(const std::string& id, std::string_view name) {
    std::size_t times = 0;
    for (const Event& event : events(id)) times += name_of(event.what) == name ? 1 : 0;
    return times;
  }
  /// What became of the context, one for each question.
  std::vector<Asked> asked(const std::string& id) {
    std::vector<Asked> all;
    for (const Event& event : events(id)) {
      if (const auto* each = std::get_if<Asked>(&event.what)) all.push_back(*each);
    }
    return all;
  }
  RunState ended(const std::string& id) {
    return wait_until(id, [](const RunState& state) { return state.end().has_value(); });
  }

  const tests::TempDir& directory_;
  policies::ledger::SystemClock clock;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  std::unique_ptr<base::SqliteJournal> journal =
      *base::SqliteJournal::open(directory_ / "journal.db", small_queue());
  FlakyJournal flaky{*journal};
  policies::ledger::MemoryLedger ledger{*journal, clock};
  FlakyLedger flaky_ledger{ledger};
  Server server;
  pipeline::CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{*journal, clock};
  pipeline::Pipeline calls = pipeline::call_pipeline(
      {flaky, log, limits, server, flaky_ledger, metrics, approvals, clock});
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

TEST_CASE("a call that may have happened is not made again, whoever closed its intent meanwhile") {
  const tests::TempDir directory;
  std::string id;
  {
    Process process(directory);
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
    process.die();
  }
  {  // a gateway that knows no runs
    const auto journal = *base::SqliteJournal::open(directory / "journal.db");
    const auto left = journal->open_items();
    for (const base::JournalRecord& open : *left) {
      if (open.stream == "intent") {
        (void)journal->submit({pipeline::crashed_outcome_entry(open.key)});
      }
    }
  }
  Process process(directory);
  process.start();
  const RunState parked = process.wait_until(
      id, [](const RunState& state) { return state.status() == RunState::Status::waiting; });
  CHECK(parked.status() == RunState::Status::waiting);
  CHECK(process.server.sent <= 1);  // at most the one that only reads
}

TEST_CASE("a gateway with another seal key leaves a run as it is for one with the right key") {
  const tests::TempDir directory;
  std::string id;
  {
    Process process(directory);
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent == 2; });
    process.die();
  }
  {
    Process process(directory, {}, script_text, 'b');
    process.start();
    CHECK_FALSE(process.run(process.runtime->tell(id, Paused{"ops"})).ok());
  }
  Process process(directory);
  process.start();
  const RunState parked = process.wait_until(
      id, [](const RunState& state) { return state.status() == RunState::Status::waiting; });
  CHECK(parked.status() == RunState::Status::waiting);
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
      std::string(script_text).insert(1, R"("summary": "One was written.",)");
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

TEST_CASE("a run that cannot be read answers whoever has a word for it, early or late") {
  const tests::TempDir directory;
  std::string id;
  {
    Process process(directory);
    process.server.hangs = true;
    process.start();
    id = process.begin();
    process.wait_until(id, [&](const RunState&) { return process.server.sent > 0; });
  }
  Process process(directory, {}, script_text, 'b');
  process.start();
  for (int word = 0; word < 3; ++word) {
    const auto told = process.run(process.runtime->tell(id, Cancelled{"ops"}));
    REQUIRE_FALSE(told.ok());
    CHECK(told.error().message.find("seal key") != std::string::npos);
  }
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
