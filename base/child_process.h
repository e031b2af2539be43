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
};

/// The child's ends of its three standard streams.
struct ChildStreams {
  int input = -1, output = -1, errors = -1;
};

/// Starts a child that leads a process group of its own, has default signals and no descriptor but
/// the three, which must not be 0, 1 or 2, and is killed when the calling thread ends. Must be
/// called from a process with one thread. Code::unavailable with the program's name and what went
/// wrong. Waits until the program runs.
Result<pid_t> start_child(const ChildCommand& command, const ChildStreams& streams);

/// In words: `exit status 1`, `signal 9 (Killed)`. `status` is that of waitpid(2).
std::string describe_exit(int status);

}  // namespace base
