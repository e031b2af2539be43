#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/await_callback.h"
#include "base/journal_reader.h"
#include "runtime/run_record.h"

namespace runtime {

/// An event and its place in the journal, from which a reader goes on.
struct StoredEvent {
  std::int64_t seq = 0;
  Event event;
};

/// Reads runs from the journal on a thread of its own, so that no event loop waits for the disk.
/// Thread-safe. Code::broken: a record is not what was written; Code::unavailable: the file cannot
/// be read.
class RunReader {
 public:
  using Events = base::Result<std::vector<StoredEvent>>;
  using Runs = base::Result<std::vector<RunFacts>>;

  /// At most this many events are read at once.
  static constexpr std::size_t batch = 1'000;

  /// `records` outlives this.
  RunReader(std::filesystem::path journal, const RunRecords& records);
  ~RunReader();

  /// The next events of a run after a place in the journal; fewer than `limit` when there are no
  /// more. None for a run that does not exist.
  base::Task<Events> events(std::string run, std::int64_t after, std::size_t limit = batch);
  /// All events of a run.
  base::Task<Events> all(std::string run);
  /// The intent of a call of a run; nullopt: nothing of it was sent.
  base::Task<base::Result<std::optional<base::JournalRecord>>> intent(CallName name);
  /// The newest runs, newest first, with how they ended.
  base::Task<Runs> newest(std::size_t count);
  /// What lies open of one run; Code::not_found when there is none.
  base::Task<base::Result<RunFacts>> facts(std::string run);

 private:
  using Job = std::function<void(base::Result<base::JournalReader>&)>;

  template <class T>
  base::Task<T> run_on_thread(std::function<T(base::JournalReader&)> job);
  void work();
  Events read_events(base::JournalReader& journal, const std::string& run, std::int64_t after,
                     std::size_t limit) const;

  const std::filesystem::path file_;
  const RunRecords& records_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace runtime
