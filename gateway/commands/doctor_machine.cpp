#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/file_descriptor.h"
#include "gateway/commands/doctor_checks.h"

/// What is wrong with the machine that the gateway runs on: port, programs, files, Redis.
namespace gateway::commands {
namespace {

constexpr std::uintmax_t least_free = 100 << 20;
constexpr int redis_patience_ms = 2'000;

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  return Addresses(found);
}

std::string reason(int error) { return std::generic_category().message(error); }

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

bool is_program(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

bool on_path(const std::string& program, const std::string& path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin && is_program(path.substr(begin, end - begin) + "/" + program)) return true;
    begin = end + 1;
  }
  return false;
}

std::string path_for(const ServerConfig& server) {
  for (const auto& [name, value] : server.environment) {
    if (name == "PATH") return value;
  }
  const char* own = std::getenv("PATH");
  return own != nullptr ? own : "/usr/local/bin:/usr/bin:/bin";
}

std::string how_to_install(const std::string& program) {
  const std::string name = std::filesystem::path(program).filename().string();
  if (name == "node" || name == "npx" || name == "npm") return "apt install nodejs npm";
  if (name == "uv" || name == "uvx") return "pipx install uv";
  if (name == "python3" || name == "python") return "apt install python3";
  if (name == "docker") return "apt install docker.io";
  return "install " + name + ", or write its whole path as 'command'";
}

void check_secret(const std::filesystem::path& file, Findings& findings) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 || (facts.st_mode & 077) == 0) return;
  findings.push_back({"permissions", "others may read " + file.string(),
                      "chmod 600 " + file.string()});
}

void check_unwritten(const std::filesystem::path& file, Findings& findings) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 || (facts.st_mode & 02) == 0) return;
  findings.push_back({"permissions", "everybody may write " + file.string(),
                      "chmod o-w " + file.string()});
}

// Empty when the database at `file` can be written.
std::string not_writable(const std::filesystem::path& file) {
  const std::filesystem::path directory = directory_of(file);
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return directory.string() + " cannot be written: " + reason(errno);
  }
  if (::access(file.c_str(), F_OK) == 0 && ::access(file.c_str(), R_OK | W_OK) != 0) {
    return file.string() + " cannot be written: " + reason(errno);
  }
  struct statvfs space {};
  if (::statvfs(directory.c_str(), &space) == 0 &&
      std::uintmax_t{space.f_bavail} * space.f_frsize < least_free) {
    return "the disk of " + directory.string() + " has less than 100 MB left";
  }
  return {};
}

std::string mend_writable(const std::filesystem::path& file) {
  const std::filesystem::path directory = directory_of(file);
  return "chown -R $(id -un) " + directory.string() + " and chmod u+rwx " + directory.string() +
         ", or free space there: df -h " + directory.string();
}

// 0 when something accepts a connection within the time.
int connect_error(int family, const sockaddr* address, socklen_t size) {
  const base::FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return errno;
  if (::connect(socket.get(), address, size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{socket.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, redis_patience_ms) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

int redis_error(const base::RedisAddress& redis) {
  if (!redis.path.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, redis.path.c_str(), sizeof address.sun_path - 1);
    return connect_error(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  const Addresses addresses = look_up(redis.host, redis.port);
  int error = EHOSTUNREACH;
  for (const addrinfo* at = addresses.get(); at != nullptr && error != 0; at = at->ai_next) {
    error = connect_error(at->ai_family, at->ai_addr, at->ai_addrlen);
  }
  return error;
}

}  // namespace

Findings check_port(const Config& config, bool running) {
  if (running || config.listen.port == 0) return {{"port", "", ""}};
  const std::string host = config.listen.host == "localhost" ? "127.0.0.1" : config.listen.host;
  const std::string name = config.listen.host + ":" + std::to_string(config.listen.port);
  const Addresses addresses = look_up(host, config.listen.port);
  if (!addresses) return {{"port", "there is no address " + name, "correct 'listen'"}};
  const base::FileDescriptor socket(
      ::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), addresses->ai_addr, addresses->ai_addrlen) == 0) return {{"port", "", ""}};
  const int error = errno;
  if (error == EADDRINUSE) {
    return {{"port", "another program listens on " + name,
             "find it with: ss -ltnp 'sport = :" + std::to_string(config.listen.port) +
                 "'; end it, or change 'listen' in " + config.file.string()}};
  }
  return {{"port", "cannot listen on " + name + ": " + reason(error),
           error == EACCES ? "listen on a port above 1023, or: setcap cap_net_bind_service=+ep "
                             "$(command -v sluice)"
                           : "see this machine's addresses with: ip -br address"}};
}

Findings check_programs(const Config& config) {
  Findings findings;
  for (const ServerConfig& server : config.servers) {
    if (!server.is_stdio() || !server.disabled.empty()) continue;
    const std::string& program = server.command.front();
    const bool found = program.find('/') != std::string::npos
                           ? is_program((server.directory / program).string())
                           : on_path(program, path_for(server));
    if (found) continue;
    findings.push_back({"programs", "server " + server.name + " needs " + program +
                                        ", which is not installed",
                        how_to_install(program)});
  }
  if (findings.empty()) findings.push_back({"programs", "", ""});
  return findings;
}

Findings check_descriptors(const Config& config) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // A connection each, and one more for its call to a server.
  const rlim_t enough = std::min<rlim_t>(
      config.limits.connections + config.limits.calls_in_flight, rlim_t{1} << 16);
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= enough) return {{"descriptors", "", ""}};
  return {{"descriptors",
           "a process may open " + std::to_string(limit.rlim_cur) + " files here, and " +
               std::to_string(config.limits.connections) + " connections are allowed",
           "ulimit -n " + std::to_string(enough) + ", or LimitNOFILE=" + std::to_string(enough) +
               " in its systemd unit"}};
}

Findings check_permissions(const Config& config) {
  Findings findings;
  for (const auto& file : {config.store, config.journal}) check_secret(file, findings);
  check_unwritten(config.file, findings);
  for (const auto& file : config.policy_files) check_unwritten(file, findings);
  if (findings.empty()) findings.push_back({"permissions", "", ""});
  return findings;
}

Findings check_writable(const Config& config) {
  Findings findings;
  for (const auto& [name, file] : {std::pair{"journal", config.journal}, {"store", config.store}}) {
    const std::string problem = not_writable(file);
    findings.push_back({name, problem, problem.empty() ? "" : mend_writable(file)});
  }
  return findings;
}

Findings check_redis(const Config& config) {
  if (!config.redis) return {};
  const std::string name =
      config.redis->path.empty() ? config.redis->host + ":" + std::to_string(config.redis->port)
                                 : config.redis->path;
  const int error = redis_error(*config.redis);
  if (error == 0) return {{"redis", "", ""}};
  return {{"redis", "Redis does not answer on " + name + ": " + reason(error),
           config.redis->path.empty()
               ? "systemctl start redis-server; then: redis-cli -h " + config.redis->host + " -p " +
                     std::to_string(config.redis->port) + " ping"
               : "systemctl start redis-server; then: redis-cli -s " + name + " ping"}};
}

}  // namespace gateway::commands
