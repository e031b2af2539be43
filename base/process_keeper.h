#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>

#include "base/child_process.h"
#include "base/event_loops.h"

namespace base {

/// A running child and this side of its pipes. Dropping it closes the pipes and has its process
/// group ended: time to end by itself, SIGTERM, SIGKILL.
class Child {
 public:
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  /// Has its process group ended now; its standard input should be closed by then.
  void end();
  FileDescriptor input;   ///< what it reads
  FileDescriptor output;  ///< what it writes
  FileDescriptor errors;

 private:
  friend class ProcessKeeper;
  Child(pid_t pid, std::function<void()> end) : pid_(pid), end_(std::move(end)) {}
  pid_t pid_;
  std::function<void()> end_;
};

/// Starts children so that none of them outlives this process by more than 5 seconds, however it
/// ends: they are children of the keeper, a small process of the same program (keeper_process.h)
/// that is started with the first of them. Should the keeper die, the children die with it and
/// another is started with the next. Thread-safe.
class ProcessKeeper {
 public:
  /// News from the keeper are read on `loop`.
  explicit ProcessKeeper(Loop& loop);
  /// Ends all children and waits for it.
  ~ProcessKeeper();

  /// Told once, on the keeper's loop, when the child itself ended: as waitpid(2) has it, or nullopt
  /// when nobody knows.
  using OnExit = std::function<void(std::optional<int> status)>;

  /// Code::unavailable when it cannot be started: the message says why.
  Task<Result<Child>> start(ChildCommand command, OnExit on_exit);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace base
