#include "base/writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/await_callback.h"

namespace base {
namespace {

bool database_failed(const Status& status) {
  return !status && status.error().code == Code::unavailable;
}

// For steps whose failure, whatever its kind, cannot be the fault of one submission.
Status as_unavailable(Status status) {
  if (!status) status.error().code = Code::unavailable;
  return status;
}

// An empty transaction would not touch the disk; this one writes the page with the number.
Status rewrite_user_version(SqliteDatabase& database) {
  const Result<std::int64_t> version = database.query_integer("PRAGMA user_version");
  if (!version) return version.error();
  return database.execute("PRAGMA user_version=" + std::to_string(*version));
}

}  // namespace

Writer::Writer(SqliteDatabase database, Write on_begin, WriterOptions options)
    : database_(std::move(database)),
      on_begin_(std::move(on_begin)),
      options_(std::move(options)),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Task<Status> Writer::commit(Write write, std::size_t bytes) {
  return await_callback<Status>([this, write = std::move(write), bytes](Done done) mutable {
    Submission submission{std::move(write), std::move(done), bytes};
    if (Status queued = enqueue(submission); !queued) submission.done(std::move(queued));
  });
}

Status Writer::submit(Write write, std::size_t bytes) {
  Submission submission{std::move(write), {}, bytes};
  return enqueue(submission);
}

std::size_t Writer::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_;
}

// Takes the submission over unless it fails.
Status Writer::enqueue(Submission& submission) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const bool room = pending_ < options_.capacity &&
                      submission.bytes <= options_.bytes - std::min(pending_bytes_, options_.bytes);
    if (!room) return Error{Code::unavailable, "Too much waits to be written.", ""};
    const bool awaited = static_cast<bool>(submission.done);
    ++pending_;
    pending_bytes_ += submission.bytes;
    if (awaited) ++awaiting_;
    queue_.push_back(std::move(submission));
    // The thread sleeps over everything else: until the queue is no longer empty, then until its
    // linger ends.
    wake = awaited || queue_.size() == 1 || queue_.size() == options_.group;
  }
  if (wake) wake_.notify_one();
  return {};
}

void Writer::run() {
  std::vector<Submission> group;
  while (take(group)) apply(group);
}

void Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  if (!healthy()) {
    wake_.wait_for(lock, options_.retry_pause, [this] { return stopping_; });
    return;
  }
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  wake_.wait_for(lock, options_.linger,
                 [this] { return stopping_ || awaiting_ > 0 || queue_.size() >= options_.group; });
}

// Waits and fills the group, which may hold what was given back. False when all is done.
bool Writer::take(std::vector<Submission>& group) {
  std::unique_lock lock(mutex_);
  wait_for_work(lock);
  const std::size_t count = std::min(options_.group - group.size(), queue_.size());
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto submission = queue_.begin(); submission != end; ++submission) {
    if (submission->done) --awaiting_;
    group.push_back(std::move(*submission));
  }
  queue_.erase(queue_.begin(), end);
  return !stopping_ || !group.empty();
}

void Writer::apply(std::vector<Submission>& group) {
  if (group.empty()) return probe();
  const Status status = transact(group);
  if (database_failed(status)) return give_back(group, status.error());
  if (!status) return apply_each(group);
  finish(group, status);
  group.clear();
}

void Writer::apply_each(std::vector<Submission>& group) {
  for (auto next = group.begin(); next != group.end(); ++next) {
    const Status status = transact({next, 1});
    if (database_failed(status)) {
      group.erase(group.begin(), next);
      return give_back(group, status.error());
    }
    finish({next, 1}, status);
  }
  group.clear();
}

void Writer::probe() {
  Submission probe{rewrite_user_version, {}, 0};
  healthy_ = transact({&probe, 1}).ok();
}

Status Writer::transact(std::span<Submission> group) {
  if (Status begun = database_.execute("BEGIN IMMEDIATE"); !begun) return as_unavailable(begun);
  Status status = on_begin_ ? as_unavailable(on_begin_(database_)) : Status();
  for (auto submission = group.begin(); status && submission != group.end(); ++submission) {
    status = submission->write(database_);
  }
  if (status) status = database_.execute("COMMIT");
  if (!status) database_.rollback();
  if (status) healthy_ = true;
  return status;
}

// The database failed: those who await are told, the rest stays in the group for the next attempt.
// Those in the queue are told too, because a group that is full of kept submissions would never let
// them in.
void Writer::give_back(std::vector<Submission>& group, const Error& error) {
  healthy_ = false;
  std::vector<Submission> given_up;
  const auto move_out = [&](auto& from, bool all) {
    const auto kept = std::stable_partition(from.begin(), from.end(),
                                            [all](const Submission& s) { return !all && !s.done; });
    given_up.insert(given_up.end(), std::move_iterator(kept), std::move_iterator(from.end()));
    from.erase(kept, from.end());
  };
  {
    const std::lock_guard lock(mutex_);
    move_out(group, stopping_);
    move_out(queue_, stopping_);
    awaiting_ = 0;
  }
  finish(given_up, error);
}

void Writer::finish(std::span<Submission> finished, const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    pending_ -= finished.size();
    for (const Submission& submission : finished) pending_bytes_ -= submission.bytes;
  }
  for (Submission& submission : finished) {
    if (submission.done) {
      submission.done(status);
    } else if (!status && options_.on_dropped) {
      options_.on_dropped(status.error());
    }
  }
}

}  // namespace base
