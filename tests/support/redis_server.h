#pragma once

#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/redis_connection.h"
#include "tests/support/temp_dir.h"

namespace tests {

/// A redis-server of the machine, for one test, on a unix socket, which keeps its word: every write
/// is on disk before it is answered.
class RedisServer final {
 public:
  /// `more` are further arguments, such as `--appendonly no`.
  explicit RedisServer(std::vector<std::string> more = {}) : more_(std::move(more)) { start(); }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  base::RedisAddress address() const {
    base::RedisAddress address;
    address.path = socket_path();
    return address;
  }

  void start() {
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      "0",
                                      "--unixsocket",
                                      socket_path(),
                                      "--save",
                                      "",
                                      "--logfile",
                                      "/dev/null",
                                      "--dir",
                                      directory_.path().string(),
                                      "--appendonly",
                                      "yes",
                                      "--appendfsync",
                                      "always"};
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is ended leaves none behind
      ::execvp("redis-server", arguments.data());
      ::_exit(127);
    }
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (accepts()) return;
      if (::waitpid(child_, nullptr, WNOHANG) == child_) break;
      ::usleep(10'000);
    }
    throw std::runtime_error("redis-server does not start; ./bootstrap deps installs it");
  }

  /// SIGSTOP or SIGCONT, for instance.
  void signal(int number) const { ::kill(child_, number); }

  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
    ::unlink(socket_path().c_str());
  }

 private:
  std::string socket_path() const { return (directory_ / "redis.sock").string(); }

  bool accepts() const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path().copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
  }

  const std::vector<std::string> more_;
  TempDir directory_;
  pid_t child_ = -1;
};

}  // namespace tests
