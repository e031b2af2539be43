#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace base {

/// What a child process is to run. No shell is involved.
struct ChildCommand {
  /// The first one names the program: a path, or a name that is looked up in the child's own PATH.
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  ///< `NAME=value`; all that it gets
  std::string directory;                 ///< where it starts

  bool operator==(const ChildCommand&) const = default;
};

/// The child's ends of its three standard streams.
struct ChildStreams {
  int input = -1, output = -1, errors = -1;
};

/// A child on the way to its program.
struct StartingChild {
  pid_t pid = -1;
  FileDescriptor report;  ///< readable when the program runs or cannot
};

/// Starts a child that leads a process group of its own, has default signals and no descriptor but
/// the three, which must not be 0, 1 or 2, and is killed when the calling thread ends. Must be
/// called from a process with one thread. Does not wait: a directory or a program on a mount that
/// hangs may take forever.
Result<StartingChild> start_child(const ChildCommand& command, const ChildStreams& streams);

/// Of a child whose report is readable: whether its program runs. Otherwise the child has ended and
/// the error, Code::unavailable, names the program and what went wrong.
Status finish_start(const ChildCommand& command, const StartingChild& child);

/// In words: `exit status 1`, `signal 9 (Killed)`. `status` is that of waitpid(2).
std::string describe_exit(int status);

}  // namespace base
