// What a durable step of a run costs: one question to a model that answers at once, one call of a
// tool that answers at once, and the four commits between them (asked, answered, intent, outcome),
// on a journal on this disk.
//
//   bench_runs [RUNS] [STEPS]     by default 1 and 64 runs, one after the other
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/sqlite_journal.h"
#include "gateway/pipeline/pipeline.h"
#include "mcp/messages.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/ledger/memory_ledger.h"
#include "policies/policy_files.h"
#include "runtime/runtime.h"
#include "tests/bench/histogram.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace pipeline = gateway::pipeline;

constexpr const char* policy_text = R"(
agents: {worker: {roles: [all]}}
roles: {all: {allow: ["*"]}}
)";

/// Answers every call and notes how long it is since the last one of the same run.
class Server final : public pipeline::Dispatcher {
 public:
  base::Task<base::Result<pipeline::ServerAnswer>> send(const policies::Permit&,
                                                        const pipeline::Call& call) override {
    const auto now = Clock::now();
    {
      const std::lock_guard lock(mutex_);
      auto& last = last_[call.principal.credential];
      if (last != Clock::time_point()) steps.record(now - last);
      last = now;
    }
    pipeline::ServerAnswer answer;
    answer.response.result =
        mcp::text_content_result(std::to_string(now.time_since_epoch().count()), false);
    co_return answer;
  }

  bench::Histogram steps;

 private:
  std::mutex mutex_;  // guards steps and last_
  std::map<std::string, Clock::time_point> last_;
};

std::shared_ptr<const tools::ServerTools> one_tool() {
  auto offered = std::make_shared<tools::ServerTools>();
  offered->server = "bench";
  offered->prefix = "bench";
  std::vector<base::Json> definitions = {{{"name", "step"}, {"inputSchema", {{"type", "object"}}}}};
  offered->tools = tools::compile_tools(std::move(definitions), {});
  return offered;
}

void write_script(const std::filesystem::path& file, int steps) {
  base::Json answers = base::Json::array();
  for (int step = 0; step < steps; ++step) {
    answers.push_back({{"calls", {{{"tool", "bench__step"}, {"arguments", {{"step", step}}}}}}});
  }
  answers.push_back({{"text", "Done."}});
  std::FILE* const out = std::fopen(file.c_str(), "w");
  const std::string text = base::dump_json({{"answers", answers}});
  std::fwrite(text.data(), 1, text.size(), out);
  std::fclose(out);
}

base::Task<void> follow(base::Loop& loop, runtime::Runtime& runtime, std::atomic<int>& open) {
  auto run = co_await runtime.begin("worker", "Work.", "", "bench");
  if (!run) std::abort();
  std::string status;
  while (status.empty()) {
    const auto version = runtime.feed().version(*run);
    const auto facts = co_await runtime.reader().facts(*run);
    if (!facts) std::abort();
    status = facts->status;
    if (status.empty()) {
      co_await runtime.feed().changed(loop, *run, version,
                                      Clock::now() + std::chrono::milliseconds(250));
    }
  }
  if (status != "done") std::abort();
  --open;
}

void measure(int runs, int steps) {
  char name[] = "/tmp/sluice-bench-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(name);
  write_script(directory / "script.json", steps);
  base::Log log(base::LogLevel::error);
  const base::Limits limits;
  auto journal = base::SqliteJournal::open(directory / "journal.db");
  if (!journal) std::abort();
  const policies::ledger::SystemClock clock;
  policies::ledger::MemoryLedger ledger(**journal, clock);
  Server server;
  pipeline::CallMetrics metrics;
  policies::approvals::MemoryApprovals approvals(**journal, clock);
  const auto calls =
      pipeline::call_pipeline({**journal, log, limits, server, ledger, metrics, approvals, clock});
  pipeline::CurrentSnapshot snapshot;
  snapshot.set(pipeline::make_snapshot(
      std::make_shared<const policies::Policy>(policies::parse_policy(policy_text, "bench.yaml")),
      std::make_shared<const tools::Catalog>(std::vector{one_tool()}), nullptr));
  runtime::Settings settings;
  settings.models["m"].script = directory / "script.json";
  settings.models["m"].price = runtime::Price();
  settings.agents["worker"].model = "m";
  settings.agents["worker"].stop.steps = steps + 1;
  base::EventLoops loops(0);
  auto runtime = runtime::Runtime::open(settings, *base::Sealer::from_key(std::string(64, 'a')),
                                        {loops, **journal, directory / "journal.db", log, calls,
                                         snapshot, ledger, approvals, limits, [] { return true; }});
  if (!runtime) std::abort();
  std::atomic<int> open = runs;
  loops.start();
  const auto begin = Clock::now();
  for (int run = 0; run < runs; ++run) {
    base::Loop& loop = loops.at(static_cast<std::size_t>(run) % loops.size());
    loop.spawn(follow(loop, **runtime, open));
  }
  while (open > 0) ::usleep(1000);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  loops.stop();
  // Asked, answered, intent, outcome, the run's event of it, and the audit record.
  const double records = 6.0 * runs * steps;
  std::printf(
      "%3d runs of %d steps: a step takes p50 %.3f ms, p99 %.3f ms; %.0f journal records/s\n", runs,
      steps, server.steps.percentile(0.5) / 1000, server.steps.percentile(0.99) / 1000,
      records / seconds);
  std::filesystem::remove_all(directory);
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 2 ? std::atoi(argv[2]) : 200;
  if (argc > 1) {
    measure(std::atoi(argv[1]), steps);
    return 0;
  }
  for (const int runs : {1, 64}) measure(runs, steps);
}
