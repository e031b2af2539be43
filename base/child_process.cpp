#include "base/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace base {
namespace {

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";  // when PATH is not set

// Everything that the child needs between fork and exec, made before.
struct Prepared {
  std::vector<char*> arguments, environment;
  std::vector<std::string> programs;  // tried in turn, as execvp(3) would
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string_view path_of(const ChildCommand& command) {
  constexpr std::string_view key = "PATH=";
  for (const std::string& entry : command.environment) {
    if (entry.starts_with(key)) return std::string_view(entry).substr(key.size());
  }
  return default_path;
}

// execvp(3) itself is of no use: it searches the caller's PATH, and gives a file that is no program
// to a shell.
std::vector<std::string> candidates(const ChildCommand& command) {
  const std::string& program = command.arguments.front();
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> found;
  std::string_view rest = path_of(command);
  while (true) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    if (!directory.empty()) found.push_back(std::string(directory) + "/" + program);
    if (colon == std::string_view::npos) return found;
    rest.remove_prefix(colon + 1);
  }
}

enum class Step : int { directory, program };
struct Failure {
  Step step;
  int error;
};

[[noreturn]] void fail(int report, Step step, int error) {
  const Failure failure{step, error};
  [[maybe_unused]] const ssize_t written = ::write(report, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(const ChildCommand& command, const Prepared& prepared,
                         const ChildStreams& streams, int report, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it ended before it could be watched
  reset_signals();
  ::dup2(streams.input, STDIN_FILENO);
  ::dup2(streams.output, STDOUT_FILENO);
  ::dup2(streams.errors, STDERR_FILENO);
  // Closed by exec only: `report` must live until then.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (::chdir(command.directory.c_str()) != 0) fail(report, Step::directory, errno);
  int reason = ENOENT;
  for (const std::string& program : prepared.programs) {
    ::execve(program.c_str(), prepared.arguments.data(), prepared.environment.data());
    if (errno != ENOENT && errno != ENOTDIR) reason = errno;
  }
  fail(report, Step::program, reason);
}

Error not_started(const ChildCommand& command, const Failure& failure) {
  const std::string why = std::generic_category().message(failure.error);
  if (failure.step == Step::directory) {
    return {
        Code::unavailable, "its directory " + command.directory + " cannot be entered: " + why, {}};
  }
  return {Code::unavailable,
          "its program " + command.arguments.front() + " cannot be started: " + why +
              (failure.error == ENOENT ? "; is it installed, and on the PATH?" : ""),
          {}};
}

}  // namespace

Result<StartingChild> start_child(const ChildCommand& command, const ChildStreams& streams) {
  const Prepared prepared{pointers(command.arguments), pointers(command.environment),
                          candidates(command)};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{Code::unavailable, "no pipe can be made", std::generic_category().message(errno)};
  }
  FileDescriptor reading(ends[0]), writing(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    return Error{Code::unavailable,
                 "no process can be started: " + std::generic_category().message(errno),
                 {}};
  }
  if (child == 0) become(command, prepared, streams, writing.get(), parent);
  ::setpgid(child, child);  // as well: whoever comes first
  return StartingChild{child, std::move(reading)};
}

Status finish_start(const ChildCommand& command, const StartingChild& child) {
  Failure failure{};
  ssize_t count = -1;
  while ((count = ::read(child.report.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (count != static_cast<ssize_t>(sizeof failure)) return {};  // exec closed it
  ::waitpid(child.pid, nullptr, 0);
  return not_started(command, failure);
}

std::string describe_exit(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return "unknown status";
  const char* name = ::strsignal(WTERMSIG(status));
  return "signal " + std::to_string(WTERMSIG(status)) +
         (name ? std::string(" (") + name + ")" : "");
}

}  // namespace base
