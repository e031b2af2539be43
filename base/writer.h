#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "base/task.h"

namespace base {

/// Changes that belong together, made inside the transaction that the Writer has open. It may run
/// again after a rollback. Code::unavailable means that the database failed, so that the same may
/// work later; any other error is the fault of this Write alone.
using Write = std::function<Status(SqliteDatabase&)>;

struct WriterOptions {
  std::size_t capacity = 65'536;         ///< submissions not yet committed
  std::size_t bytes = 64 << 20;          ///< what they hold in memory, as far as submitters say
  std::size_t group = 1'024;             ///< submissions in one transaction
  std::chrono::milliseconds linger{4};  ///< wait for a bigger group while nobody awaits
  std::chrono::milliseconds retry_pause{100};
  /// Told on the writer thread, which it must not block, about a submission that nobody awaits and
  /// that is lost because it is at fault or because the Writer ends while the database fails.
  std::function<void(const Error&)> on_dropped;
};

/// The one thread that writes to a database file, in groups: a transaction and its fsync serve all
/// submissions that are waiting (design §2.4). Submissions are applied in the order in which they
/// came. Thread-safe.
class Writer final {
 public:
  /// `on_begin` runs at the begin of every transaction; it reloads what Writes keep in memory,
  /// because a rollback may have made that wrong. Its failure is one of the database.
  explicit Writer(SqliteDatabase database, Write on_begin = {}, WriterOptions options = {});
  /// Writes what was submitted, as far as the database allows. No commit() may be outstanding whose
  /// event loop is gone.
  ~Writer();

  /// Resumes on the caller's event loop when the write is durable or has failed. Code::unavailable:
  /// the queue is full or the database failed; nothing was written.
  Task<Status> commit(Write write, std::size_t bytes = 0);
  /// Does not wait. What was accepted is kept until the database takes it. Code::unavailable: the
  /// queue is full.
  Status submit(Write write, std::size_t bytes = 0);

  /// False after the database failed, until a transaction succeeds; the Writer tries by itself.
  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
  /// Submissions that are not written yet.
  std::size_t pending() const;

 private:
  using Done = std::function<void(Status)>;
  struct Submission {
    Write write;
    Done done;  ///< empty when nobody awaits
    std::size_t bytes = 0;
  };

  Status enqueue(Submission& submission);
  void run();
  bool take(std::vector<Submission>& group);
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void apply(std::vector<Submission>& group);
  void apply_each(std::vector<Submission>& group);
  void probe();
  Status transact(std::span<Submission> group);
  void give_back(std::vector<Submission>& group, const Error& error);
  void finish(std::span<Submission> finished, const Status& status);

  SqliteDatabase database_;
  const Write on_begin_;
  const WriterOptions options_;
  std::atomic<bool> healthy_ = true;

  mutable std::mutex mutex_;  // guards the members below up to thread_
  std::condition_variable wake_;
  std::deque<Submission> queue_;
  std::size_t awaiting_ = 0;  ///< of those in queue_
  std::size_t pending_ = 0;   ///< queue_ and what the thread has taken
  std::size_t pending_bytes_ = 0;
  bool stopping_ = false;

  std::jthread thread_;
};

}  // namespace base
