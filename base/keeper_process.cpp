#include "base/keeper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>
#include <vector>

#include "base/child_process.h"
#include "base/unix_message.h"

namespace base {
namespace {

using Clock = std::chrono::steady_clock;

// How long a group gets after its standard input was closed, and after SIGTERM.
constexpr std::chrono::milliseconds asked_to_end{2000};
constexpr std::chrono::milliseconds asked_to_end_at_once{500};  // the program is gone: 5 s are all
constexpr std::chrono::milliseconds told_to_end{1500};
constexpr std::chrono::milliseconds kill_again{200};
constexpr std::chrono::seconds longest_start{10};
constexpr int most_sweeps = 100;

class Keeper {
 public:
  explicit Keeper(int socket) : socket_(socket) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    signals_.reset(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    // What a child leaves behind becomes ours, wherever it put itself.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }

  int run() {
    while (!orphaned_ || !groups_.empty()) {
      wait();
      if (!orphaned_) take_commands();
      finish_starts();
      reap();
      advance(Clock::now());
    }
    sweep();
    return 0;
  }

 private:
  enum class Phase { running, closing, terminating, killing };
  struct Group {
    Phase phase = Phase::running;
    Clock::time_point deadline = Clock::time_point::max();
    bool leader_lives = true;
    bool starting = true;
    int status = 0;  // of a leader that ended while it was starting
  };
  struct Start {
    StartingChild child;
    ChildCommand command;
    Json number;
    Clock::time_point deadline;
    bool answered = false;
  };

  void wait() {
    std::vector<pollfd> waiting = {{orphaned_ ? -1 : socket_, POLLIN, 0},
                                   {signals_.get(), POLLIN, 0}};
    Clock::time_point next = Clock::time_point::max();
    for (const Start& start : starts_) {
      waiting.push_back({start.child.report.get(), POLLIN, 0});
      if (!start.answered) next = std::min(next, start.deadline);
    }
    for (const auto& [pid, group] : groups_) next = std::min(next, group.deadline);
    int timeout = -1;
    if (next != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
      timeout = left.count() < 0 ? 0 : static_cast<int>(left.count());
    }
    ::poll(waiting.data(), waiting.size(), timeout);
    signalfd_siginfo ignored[16];
    while (::read(signals_.get(), ignored, sizeof ignored) > 0) {
    }
  }

  void take_commands() {
    while (true) {
      auto message = receive_unix_message(socket_);
      if (!message) return end_all();
      if (!*message) return;
      obey(**message);
    }
  }

  void obey(const UnixMessage& message) {
    const Json* pid = find_member(message.body, "end");
    if (pid != nullptr && pid->is_number_integer()) {
      const auto group = groups_.find(pid->get<pid_t>());
      if (group != groups_.end()) close(group->second, asked_to_end);
      return;
    }
    if (message.body.contains("start") && message.descriptors.size() == 3) start(message);
  }

  void start(const UnixMessage& message) {
    ChildCommand command;
    for (const Json& text : message.body["arguments"]) command.arguments.push_back(text);
    for (const Json& text : message.body["environment"]) command.environment.push_back(text);
    command.directory = message.body["directory"];
    auto started = start_child(command, {message.descriptors[0].get(), message.descriptors[1].get(),
                                         message.descriptors[2].get()});
    if (!started) return tell_failure(message.body["start"], started.error());
    groups_[started->pid] = {};
    starts_.push_back({std::move(*started), std::move(command), message.body["start"],
                       Clock::now() + longest_start});
  }

  void tell_failure(const Json& number, const Error& error) {
    tell({{"start", number}, {"error", error.message}});
  }

  // One that hangs holds up no other.
  void finish_starts() {
    std::vector<Start> running;
    running.swap(starts_);
    for (Start& start : running) {
      pollfd report{start.child.report.get(), POLLIN, 0};
      if (::poll(&report, 1, 0) > 0) {
        finish(start);
        continue;
      }
      if (!start.answered && start.deadline <= Clock::now()) give_up(start);
      starts_.push_back(std::move(start));
    }
  }

  void finish(const Start& start) {
    const pid_t pid = start.child.pid;
    if (const Status runs = finish_start(start.command, start.child); !runs) {
      groups_.erase(pid);
      if (!start.answered) tell_failure(start.number, runs.error());
      return;
    }
    Group& group = groups_[pid];
    group.starting = false;
    if (!start.answered) tell({{"start", start.number}, {"pid", pid}});
    if (!group.leader_lives) tell({{"ended", pid}, {"status", group.status}});
  }

  void give_up(Start& start) {
    start.answered = true;
    tell_failure(start.number, {Code::unavailable,
                                "its program " + start.command.arguments.front() +
                                    " did not start within 10 s; is it on a mount that hangs?",
                                {}});
    Group& group = groups_[start.child.pid];
    group.phase = Phase::killing;
    group.deadline = Clock::now();
  }

  // A program that does not read what it is told is as good as gone.
  void tell(const Json& event) {
    if (!orphaned_ && !send_unix_message(socket_, event)) end_all();
  }

  void end_all() {
    orphaned_ = true;
    for (auto& [pid, group] : groups_) close(group, asked_to_end_at_once);
  }

  // Its standard input is closed by the program, or because the program is gone.
  static void close(Group& group, std::chrono::milliseconds patience) {
    if (group.phase > Phase::closing) return;
    group.phase = Phase::closing;
    group.deadline = std::min(group.deadline, Clock::now() + patience);
  }

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = groups_.find(pid);
      if (found == groups_.end()) continue;  // a descendant
      found->second.leader_lives = false;
      found->second.status = status;
      if (!found->second.starting) tell({{"ended", pid}, {"status", status}});
    }
    for (auto entry = groups_.begin(); entry != groups_.end();) {
      auto& [pid, group] = *entry;
      // Not a moment longer: then the number may be another group's.
      if (!group.leader_lives && !group.starting && ::kill(-pid, 0) != 0) {
        entry = groups_.erase(entry);
        continue;
      }
      if (!group.leader_lives && group.phase < Phase::terminating) terminate(pid, group);
      ++entry;
    }
  }

  void advance(Clock::time_point now) {
    for (auto& [pid, group] : groups_) {
      if (group.deadline > now) continue;
      if (group.phase == Phase::closing) {
        terminate(pid, group);
      } else {
        group.phase = Phase::killing;
        group.deadline = now + kill_again;
        ::kill(-pid, SIGKILL);
      }
    }
  }

  static void terminate(pid_t pid, Group& group) {
    group.phase = Phase::terminating;
    group.deadline = Clock::now() + told_to_end;
    ::kill(-pid, SIGTERM);
  }

  // What left its group (setsid) has been reparented to this process.
  static void sweep() {
    for (int round = 0; round < most_sweeps; ++round) {
      std::ifstream children("/proc/thread-self/children");
      for (pid_t pid = 0; children >> pid;) ::kill(pid, SIGKILL);
      pid_t reaped = 0;
      while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
      }
      if (reaped < 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  int socket_;
  FileDescriptor signals_;
  std::map<pid_t, Group> groups_;  // by the pid of the leader
  std::vector<Start> starts_;
  bool orphaned_ = false;
};

}  // namespace

std::optional<int> keep_processes_if_asked(int argc, char** argv) {
  if (argc != 2 || std::strcmp(argv[1], keeper_argument) != 0) return std::nullopt;
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(keeper_socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      type != SOCK_SEQPACKET) {
    return 2;  // somebody typed it
  }
  ::fcntl(keeper_socket, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_NAME, "sluice-keeper");
  return Keeper(keeper_socket).run();
}

}  // namespace base
