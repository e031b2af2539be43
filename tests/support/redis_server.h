#pragma once

#include <csignal>
#include <stdexcept>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/redis_connection.h"
#include "tests/support/temp_dir.h"

namespace tests {

/// A redis-server of the machine, for one test, on a unix socket. It keeps nothing on disk.
class RedisServer final {
 public:
  RedisServer() { start(); }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  base::RedisAddress address() const {
    base::RedisAddress address;
    address.path = socket_path();
    return address;
  }

  void start() {
    child_ = ::fork();
    if (child_ == 0) {
      ::execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path().c_str(),
               "--save", "", "--appendonly", "no", "--logfile", "/dev/null", "--dir",
               directory_.path().c_str(), nullptr);
      ::_exit(127);
    }
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (accepts()) return;
      if (::waitpid(child_, nullptr, WNOHANG) == child_) break;
      ::usleep(10'000);
    }
    throw std::runtime_error("redis-server does not start; ./bootstrap deps installs it");
  }

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

  TempDir directory_;
  pid_t child_ = -1;
};

}  // namespace tests
