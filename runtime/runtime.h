#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/redis_connection.h"
#include "base/sealer.h"
#include "runtime/run.h"

namespace runtime {

/// The agents that run here, and their runs. A run goes on without whoever started it, and after a
/// crash without anybody's help. Its loops must have stopped before it is destroyed. Thread-safe.
class Runtime {
 public:
  struct Dependencies {
    base::EventLoops& loops;
    base::Journal& journal;
    std::filesystem::path journal_file;
    base::Log& log;
    const gateway::pipeline::Pipeline& calls;
    const gateway::pipeline::CurrentSnapshot& snapshot;
    policies::ledger::Ledger& ledger;
    policies::approvals::Approvals& approvals;
    const base::Limits& limits;
    /// Whether every server has been tried, so that what agents are offered is complete.
    std::function<bool()> tools_known;
    /// Where short-term context lies; absent: in memory.
    std::optional<base::RedisAddress> redis = std::nullopt;
  };
  /// Runs that have not ended, at once.
  static constexpr std::size_t most_runs = 16'384;

  /// Code::invalid when a script cannot be used.
  static base::Result<std::unique_ptr<Runtime>> open(Settings settings, base::Sealer sealer,
                                                     const Dependencies& dependencies);

  /// Takes over a run that an earlier process left, by the record that opened it. Before start().
  void take_over(const base::JournalRecord& opened);
  /// Goes on with what was taken over, once the loops run.
  void start();

  bool knows(const std::string& agent) const { return settings_.agents.contains(agent); }
  std::vector<std::string> agents() const;

  /// Begins a run and returns its id when it is durable. `owner` is the agent that asks, or "".
  /// Code::not_found: no such agent; Code::limit: too many runs; Code::unavailable: the journal
  /// does not write. `agent` must be one that knows() knows.
  base::Task<base::Result<std::string>> begin(std::string agent, std::string goal,
                                              std::string owner, std::string by);
  /// A person's word to a run: Paused, Resumed, Cancelled or Resolved. Returns when it is durable.
  /// Code::not_found: no such run, or it has ended; Code::invalid: it cannot be taken now.
  base::Task<base::Status> tell(std::string run, What what);

  /// Begins nothing new from now on, and lets nobody who follows a run wait.
  void drain();
  bool draining() const { return going_.draining; }
  /// Tool calls of runs that are under way: what a stop should wait for.
  std::size_t calls_in_flight() const { return going_.calls; }

  RunReader& reader() { return reader_; }
  EventFeed& feed() { return feed_; }

 private:
  struct Living {
    std::shared_ptr<Run> run;
    bool found = false;  ///< left by an earlier process
  };

  Runtime(Settings settings, base::Sealer sealer, std::map<std::string, OfferedModel> models,
          const Dependencies& dependencies);
  base::Task<void> live(Living living);
  base::Task<bool> wait_for_tools(base::Loop& loop);
  std::shared_ptr<Run> add(const std::string& id, bool found);
  std::shared_ptr<Run> find(const std::string& id);
  void remove(const std::string& id);

  const Settings settings_;
  const Dependencies d_;
  const base::Sealer sealer_;
  const RunRecords records_;
  const RunClock clock_;
  const std::map<std::string, OfferedModel> models_;
  const std::unique_ptr<Contexts> contexts_;
  EventFeed feed_;
  Going going_;
  RunReader reader_;

  std::mutex mutex_;  // guards what follows
  std::map<std::string, Living> runs_;
  std::size_t next_loop_ = 0;
};

}  // namespace runtime
