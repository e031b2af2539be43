// What a durable step of a run costs: one question to a model that answers at once, one call of a
// tool with effects that answers at once, and the commits between them (asked, answered, intent,
// outcome), on a journal on this disk. And how soon runs that wait for people are there again after
// a restart.
//
//   bench_runs                    1 and 64 runs one after the other, then 10,000 that wait
//   bench_runs steps RUNS STEPS
//   bench_runs parked RUNS
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <string_view>

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

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Of all threads, kernel included: it moves less than time does when others use the machine too.
double cpu_microseconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "bench_runs: %s\n", what);
  std::exit(1);
}

/// A directory of its own, gone with this.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/sluice-bench-XXXXXX";
    if (::mkdtemp(name) == nullptr) give_up("no directory can be made");
    path = name;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::filesystem::path path;
};

/// Answers every call and notes how long it is since the last one of the same run; or never says
/// what became of it.
class Server final : public pipeline::Dispatcher {
 public:
  base::Task<base::Result<pipeline::ServerAnswer>> send(const policies::Permit&,
                                                        const pipeline::Call& call) override {
    const auto now = Clock::now();
    note(call.principal.credential, now);
    if (silent) co_return base::Error{base::Code::broken, "the connection was closed", {}};
    pipeline::ServerAnswer answer;
    answer.response.result =
        mcp::text_content_result(std::to_string(now.time_since_epoch().count()), false);
    co_return answer;
  }

  bool silent = false;
  bench::Histogram steps;
  std::atomic<int> calls = 0;

 private:
  void note(const std::string& run, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    auto& last = last_[run];
    if (last != Clock::time_point()) steps.record(now - last);
    last = now;
    ++calls;
  }

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
    base::Json call = {{"tool", "bench__step"}, {"arguments", {{"step", step}}}};
    answers.push_back({{"calls", base::Json::array({std::move(call)})}});
  }
  answers.push_back({{"text", "Done."}});
  std::FILE* const out = std::fopen(file.c_str(), "w");
  if (out == nullptr) give_up("the script cannot be written");
  const std::string text = base::dump_json({{"answers", answers}});
  std::fwrite(text.data(), 1, text.size(), out);
  std::fclose(out);
}

/// A process: everything from the journal up, as the gateway puts it together.
class Process {
 public:
  Process(const std::filesystem::path& directory, int steps) {
    const std::filesystem::path file = directory / "journal.db";
    auto opened = base::SqliteJournal::open(file);
    if (!opened) give_up("the journal cannot be opened");
    journal = *std::move(opened);
    ledger = std::make_unique<policies::ledger::MemoryLedger>(*journal, clock);
    approvals = std::make_unique<policies::approvals::MemoryApprovals>(*journal, clock);
    calls = std::make_unique<pipeline::Pipeline>(pipeline::call_pipeline(
        {*journal, log, limits, server, *ledger, metrics, *approvals, clock}));
    snapshot.set(pipeline::make_snapshot(
        std::make_shared<const policies::Policy>(policies::parse_policy(policy_text, "bench.yaml")),
        std::make_shared<const tools::Catalog>(std::vector{one_tool()}), nullptr));
    runtime::Settings settings;
    settings.models["m"].script = directory / "script.json";
    settings.models["m"].price = runtime::Price();
    settings.agents["worker"].model = "m";
    settings.agents["worker"].stop.steps = steps + 1;
    auto made = runtime::Runtime::open(settings, *base::Sealer::from_key(std::string(64, 'a')),
                                       {loops, *journal, file, log, *calls, snapshot, *ledger,
                                        *approvals, limits, [] { return true; }});
    if (!made) give_up("the runtime cannot be opened");
    runtime = *std::move(made);
  }
  ~Process() { loops.stop(); }

  /// Begins so many runs, a few at a time as clients do.
  void begin(int count) {
    for (std::size_t loop = 0; loop < loops.size(); ++loop) {
      const int share = (count + static_cast<int>(loop)) / static_cast<int>(loops.size());
      loops.at(loop).spawn(begin_some(share));
    }
    while (begun < count) ::usleep(500);
  }
  base::Task<void> begin_some(int count) {
    for (int i = 0; i < count; ++i) {
      auto run = co_await runtime->begin("worker", "Work.", "", "bench");
      if (!run) give_up("a run does not begin");
      ++begun;
    }
  }
  void wait_for_calls(int count) const {
    while (server.calls < count) ::usleep(500);
  }
  /// Waits until all of them have journaled that they go on, which is what the feed counts.
  void wait_for_recovery(const std::vector<std::string>& runs) {
    for (const std::string& run : runs) {
      while (runtime->feed().version(run) == 0) ::usleep(500);
    }
  }

  const policies::ledger::SystemClock clock;
  base::Log log{base::LogLevel::error};
  const base::Limits limits;
  std::unique_ptr<base::SqliteJournal> journal;
  Server server;
  pipeline::CallMetrics metrics;
  std::unique_ptr<policies::ledger::MemoryLedger> ledger;
  std::unique_ptr<policies::approvals::MemoryApprovals> approvals;
  std::unique_ptr<pipeline::Pipeline> calls;
  pipeline::CurrentSnapshot snapshot;
  base::EventLoops loops{0};
  std::unique_ptr<runtime::Runtime> runtime;
  std::atomic<int> begun = 0;
};

// What the disk alone takes, to read the other figures by.
void measure_disk() {
  const Directory directory;
  const std::string file = directory.path / "sync";
  const int descriptor = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  bench::Histogram syncs;
  for (int i = 0; i < 500; ++i) {
    const auto begin = Clock::now();
    if (::write(descriptor, page.data(), page.size()) < 0 || ::fdatasync(descriptor) != 0) break;
    syncs.record(Clock::now() - begin);
  }
  ::close(descriptor);
  std::printf("4 KiB written and synced here: p50 %.3f ms, p99 %.3f ms\n",
              syncs.percentile(0.5) / 1000, syncs.percentile(0.99) / 1000);
}

void measure_steps(int runs, int steps) {
  const Directory directory;
  write_script(directory.path / "script.json", steps);
  Process process(directory.path, steps);
  process.loops.start();
  const auto begin = Clock::now();
  const double cpu = cpu_microseconds();
  process.begin(runs);
  process.wait_for_calls(runs * steps);
  const double cpu_per_step = (cpu_microseconds() - cpu) / (runs * steps);
  const double seconds = milliseconds_since(begin) / 1000;
  // Asked, answered, intent, outcome, the run's event of it, and the audit record.
  const double records = 6.0 * runs * steps;
  std::printf(
      "%3d runs of %d steps: a step takes p50 %.3f ms, p99 %.3f ms, CPU %.0f us; "
      "%.0f journal records/s\n",
      runs, steps, process.server.steps.percentile(0.5) / 1000,
      process.server.steps.percentile(0.99) / 1000, cpu_per_step, records / seconds);
}

void measure_parked(int runs) {
  const Directory directory;
  write_script(directory.path / "script.json", 1);
  {
    Process process(directory.path, 1);
    process.server.silent = true;
    process.loops.start();
    process.begin(runs);
    process.wait_for_calls(runs);
    while (process.runtime->calls_in_flight() > 0) ::usleep(500);
  }
  Process process(directory.path, 1);
  const auto begin = Clock::now();
  const auto left = process.journal->open_items();
  if (!left) give_up("the journal cannot be read");
  std::vector<std::string> parked;
  for (const base::JournalRecord& open : *left) {
    if (open.stream != runtime::run_stream) continue;
    process.runtime->take_over(open);
    parked.push_back(open.key);
  }
  process.loops.start();
  process.runtime->start();
  process.wait_for_recovery(parked);
  std::printf("%zu runs that wait for people: there again after %.0f ms\n", parked.size(),
              milliseconds_since(begin));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const auto number = [&](int place) { return argc > place ? std::atoi(argv[place]) : 0; };
  if (what == "steps" && number(2) > 0 && number(3) > 0) {
    measure_steps(number(2), number(3));
  } else if (what == "parked" && number(2) > 0) {
    measure_parked(number(2));
  } else if (what.empty()) {
    measure_disk();
    for (const int runs : {1, 64}) measure_steps(runs, 200);
    measure_parked(10'000);
  } else {
    give_up("expected: steps RUNS STEPS, parked RUNS, or nothing");
  }
}
