#include "base/process_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include <asio/posix/basic_stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "base/await_callback.h"
#include "base/keeper_process.h"
#include "base/unix_message.h"

namespace base {
namespace {

using Socket = asio::posix::basic_stream_descriptor<Executor>;
using Started = std::function<void(Result<pid_t>)>;

constexpr int patience_ms = 5000;  // with a keeper that was told to end

Error no_keeper(int error) {
  return {Code::unavailable, "no process can be started", std::generic_category().message(error)};
}

Error stopping() { return {Code::unavailable, "the gateway is stopping", {}}; }

// In a session of its own, so that a signal meant for a terminal's or a supervisor's group leaves
// it to its duty.
Result<pid_t> start_keeper(int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, socket, keeper_socket);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, keeper_socket + 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(
      &attributes,
      static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  char name[] = "sluice-keeper";
  std::string argument = keeper_argument;
  char* arguments[] = {name, argument.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return no_keeper(error);
  return pid;
}

void bury(pid_t keeper) {
  // glibc 2.36 declares pidfd_open() without its C linkage.
  const FileDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, keeper, 0)));
  pollfd waiting{handle.get(), POLLIN, 0};
  if (::poll(&waiting, 1, patience_ms) == 0) ::kill(keeper, SIGKILL);
  ::waitpid(keeper, nullptr, 0);
}

struct PipeEnds {
  FileDescriptor reading, writing;
};

Result<PipeEnds> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return no_keeper(errno);
  return PipeEnds{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

}  // namespace

struct ProcessKeeper::State : std::enable_shared_from_this<State> {
  explicit State(Loop& on) : loop(on) {}

  Status ask(const ChildCommand& command, const std::vector<int>& streams, OnExit on_exit,
             Started started);
  Status ensure_keeper();
  void end(pid_t child);
  Task<void> read_news(std::shared_ptr<State> alive, pid_t from);
  void hear(const Json& news);
  void lose_keeper(pid_t keeper);

  struct Waiting {
    OnExit on_exit;
    Started started;
  };

  Loop& loop;
  std::mutex mutex;  // guards what follows
  std::unique_ptr<Socket> socket;
  pid_t keeper = -1;
  bool closed = false;
  std::int64_t last_start = 0;
  std::map<std::int64_t, Waiting> waiting;  // by the number of the start
  std::map<pid_t, OnExit> children;
};

Status ProcessKeeper::State::ensure_keeper() {
  if (closed) return stopping();
  if (socket) return {};
  auto pair = unix_message_pair();
  if (!pair) return pair.error();
  auto started = start_keeper(pair->second.get());
  if (!started) return started.error();
  keeper = *started;
  socket = std::make_unique<Socket>(loop.executor(), pair->first.release());
  // Not spawned here: on its own loop that runs at once, and the mutex is held.
  asio::post(loop.io(), [self = shared_from_this(), from = keeper] {
    self->loop.spawn(self->read_news(self, from));
  });
  return {};
}

Status ProcessKeeper::State::ask(const ChildCommand& command, const std::vector<int>& streams,
                                 OnExit on_exit, Started started) {
  const std::lock_guard lock(mutex);
  if (auto status = ensure_keeper(); !status) return status.error();
  const std::int64_t number = ++last_start;
  const Json body{{"start", number},
                  {"arguments", command.arguments},
                  {"environment", command.environment},
                  {"directory", command.directory}};
  if (auto sent = send_unix_message(socket->native_handle(), body, streams); !sent) {
    return sent.error();
  }
  waiting[number] = {std::move(on_exit), std::move(started)};
  return {};
}

void ProcessKeeper::State::end(pid_t child) {
  const std::lock_guard lock(mutex);
  // When the keeper cannot be told, it is gone, and the child with it.
  if (socket) (void)send_unix_message(socket->native_handle(), {{"end", child}});
}

Task<void> ProcessKeeper::State::read_news(std::shared_ptr<State>, pid_t from) {
  Deadline ending(loop.watchdog(), [this] {
    std::error_code ignored;
    const std::lock_guard lock(mutex);
    if (socket) socket->cancel(ignored);
  });
  while (!loop.ending()) {
    Socket& source = *socket;
    auto message = receive_unix_message(source.native_handle());
    if (!message) co_return lose_keeper(from);
    if (*message) {
      hear((*message)->body);
      continue;
    }
    std::error_code error;
    co_await source.async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
  }
  // Who waits for a start must not keep its own loop from ending.
  std::map<std::int64_t, Waiting> unstarted;
  {
    const std::lock_guard lock(mutex);
    closed = true;
    unstarted.swap(waiting);
  }
  for (auto& [number, start] : unstarted) start.started(stopping());
}

void ProcessKeeper::State::hear(const Json& news) {
  OnExit on_exit;
  Started started;
  Result<pid_t> result = -1;
  {
    const std::lock_guard lock(mutex);
    if (const Json* ended = find_member(news, "ended")) {
      const auto child = children.find(ended->get<pid_t>());
      if (child == children.end()) return;
      on_exit = std::move(child->second);
      children.erase(child);
    } else {
      auto entry = waiting.extract(news.value("start", std::int64_t{0}));
      if (entry.empty()) return;
      started = std::move(entry.mapped().started);
      if (const std::string* why = find_string(news, "error")) {
        result = Error{Code::unavailable, *why, {}};
      } else {
        result = news["pid"].get<pid_t>();
        children[*result] = std::move(entry.mapped().on_exit);
      }
    }
  }
  if (started) started(std::move(result));
  if (on_exit) on_exit(news["status"].get<int>());
}

// Its children were killed by the system with it; what they started themselves is ended here.
void ProcessKeeper::State::lose_keeper(pid_t lost) {
  std::map<std::int64_t, Waiting> unstarted;
  std::map<pid_t, OnExit> killed;
  {
    const std::lock_guard lock(mutex);
    socket.reset();
    keeper = -1;
    unstarted.swap(waiting);
    killed.swap(children);
  }
  for (const auto& [child, on_exit] : killed) ::kill(-child, SIGKILL);
  ::kill(lost, SIGKILL);
  ::waitpid(lost, nullptr, 0);
  for (auto& [number, start] : unstarted) {
    start.started(Error{Code::unavailable, "the keeper of its process died", {}});
  }
  for (auto& [child, on_exit] : killed) {
    if (on_exit) on_exit(std::nullopt);
  }
}

Child::Child(Child&& other) noexcept
    : input(std::move(other.input)),
      output(std::move(other.output)),
      errors(std::move(other.errors)),
      pid_(other.pid_),
      end_(std::exchange(other.end_, nullptr)) {}

Child::~Child() {
  input.reset();
  end();
}

void Child::end() {
  if (const auto end = std::exchange(end_, nullptr)) end();
}

ProcessKeeper::ProcessKeeper(Loop& loop) : state_(std::make_shared<State>(loop)) {}

ProcessKeeper::~ProcessKeeper() {
  pid_t keeper = -1;
  std::map<pid_t, OnExit> unheard;  // let go: they may hold children, which hold the state
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    state_->socket.reset();
    keeper = std::exchange(state_->keeper, -1);
    unheard.swap(state_->children);
  }
  if (keeper > 0) bury(keeper);
}

Task<Result<Child>> ProcessKeeper::start(ChildCommand command, OnExit on_exit) {
  auto input = make_pipe();
  auto output = make_pipe();
  auto errors = make_pipe();
  for (auto* pipe : {&input, &output, &errors}) {
    if (!*pipe) co_return pipe->error();
  }
  const std::vector<int> streams = {input->reading.get(), output->writing.get(),
                                    errors->writing.get()};
  const std::shared_ptr<State> state = state_;
  std::function<void(Started)> begin = [&](Started started) {
    auto asked = state->ask(command, streams, on_exit, started);
    if (!asked) started(asked.error());
  };
  auto started = co_await await_callback<Result<pid_t>>(std::move(begin));
  if (!started) co_return started.error();
  const pid_t pid = *started;
  Child child(pid, [state, pid] { state->end(pid); });
  child.input = std::move(input->writing);
  child.output = std::move(output->reading);
  child.errors = std::move(errors->reading);
  co_return child;
}

}  // namespace base
