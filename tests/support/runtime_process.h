#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "gateway/pipeline/record.h"
#include "mcp/messages.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "runtime/runtime.h"
#include "tests/support/snapshot.h"
#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace tests {

using namespace std::chrono_literals;
using runtime::Asked;
using runtime::ContextSettings;
using runtime::Event;
using runtime::Nanos;
using runtime::Price;
using runtime::run_stream;
using runtime::RunState;
using runtime::Runtime;
using runtime::Settings;
using runtime::StoredEvent;

/// One agent, with a budget for its calls and questions.
inline constexpr const char* run_policy = R"(
currency: EUR
agents: {worker: {roles: [all]}}
roles: {all: {allow: ["*"], budgets: [{name: daily, window: day, money: 1.00}]}}
tools: {files/read: {effect: read_only}, files/write: {price: 0.10}}
)";

/// Two calls, then the end.
inline constexpr const char* run_script = R"({"answers": [
  {"calls": [{"tool": "files__write", "arguments": {"message": "a"}},
             {"tool": "files__read", "arguments": {"message": "b"}}],
   "usage": {"input": 1000, "output": 100}},
  {"text": "Done.", "usage": {"input": 1000, "output": 100}}
]})";

/// How long what does not happen is waited for: long enough for any machine and any sanitizer.
inline constexpr auto patience = 60s;

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
  base::Task<base::Result<std::vector<policies::ledger::Refusal>>> look(
      std::string tenant, std::vector<policies::ledger::Charge> charges) override {
    return real_.look(std::move(tenant), std::move(charges));
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
class Server final : public gateway::pipeline::Dispatcher {
 public:
  base::Task<base::Result<gateway::pipeline::ServerAnswer>> send(
      const policies::Permit&, const gateway::pipeline::Call& call) override {
    ++sent;
    while (is_held && co_await call.loop->sleep(10ms)) {
    }
    if (hangs) {
      while (co_await call.loop->sleep(10ms)) {
      }
      co_return base::Error{base::Code::cancelled, "the gateway is stopping", {}};
    }
    gateway::pipeline::ServerAnswer answer;
    answer.response.result = mcp::text_content_result(std::string(result_size, 'x'), false);
    co_return answer;
  }
  std::atomic<int> sent = 0;
  std::atomic<bool> hangs = false, is_held = false;
  std::size_t result_size = 4;
};

/// That takes no four results of 5 MB at once.
inline base::WriterOptions small_queue() {
  base::WriterOptions options;
  options.bytes = 20 << 20;
  return options;
}

/// A process: everything from the journal up, as the gateway puts it together.
class Process {
 public:
  explicit Process(const TempDir& directory, ContextSettings context = {},
                   const std::string& script = run_script, char seal_key = 'a', Nanos money = -1)
      : directory_(directory) {
    write_file(directory / "script.json", script);
    snapshot.set(snapshot_of(
        run_policy, {server_tools("files", {echo_definition("read"), echo_definition("write")})}));
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
        (void)journal->submit({gateway::pipeline::crashed_outcome_entry(open.key)});
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
  /// The run's state once `is_there` says so; as it is after `patience` otherwise.
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

  const TempDir& directory_;
  policies::ledger::SystemClock clock;
  base::Log log{base::LogLevel::error};
  base::Limits limits;
  std::unique_ptr<base::SqliteJournal> journal =
      *base::SqliteJournal::open(directory_ / "journal.db", small_queue());
  FlakyJournal flaky{*journal};
  policies::ledger::MemoryLedger ledger{*journal, clock};
  FlakyLedger flaky_ledger{ledger};
  Server server;
  gateway::pipeline::CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals{*journal, clock};
  gateway::pipeline::Pipeline calls = gateway::pipeline::call_pipeline(
      {flaky, log, limits, server, flaky_ledger, metrics, approvals, clock});
  gateway::pipeline::CurrentSnapshot snapshot;
  base::EventLoops loops{2};
  std::unique_ptr<Runtime> runtime;

 private:
  base::Task<RunState> watch(std::string id, std::function<bool(const RunState&)> is_there) {
    const auto until = std::chrono::steady_clock::now() + patience;
    RunState state;
    std::optional<std::uint64_t> seen;  // what was read is not read again: a run may be long
    while (true) {
      const auto version = runtime->feed().version(id);
      if (version != seen) {
        if (const auto events = co_await runtime->reader().all(id)) {
          state = {};
          for (const StoredEvent& stored : *events) state.apply(stored.event);
          seen = version;
        }
      }
      if (is_there(state) || std::chrono::steady_clock::now() >= until) co_return state;
      co_await runtime->feed().changed(loops.at(0), id, version,
                                       std::chrono::steady_clock::now() + 100ms);
    }
  }
};

}  // namespace tests
