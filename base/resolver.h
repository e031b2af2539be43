#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>

#include "base/result.h"
#include "base/task.h"
#include "base/watchdog.h"

namespace base {

/// Looks up host names on a few threads of its own, so that event loops never wait for the system's
/// resolver. All who ask for one name at the same time share one look-up: a name whose servers do not
/// answer takes one thread, however often it is asked for. Thread-safe.
class Resolver {
 public:
  using Addresses = Result<std::vector<asio::ip::address>>;
  /// Blocks until the name was looked up.
  using Lookup = std::function<Addresses(const std::string& host)>;

  static constexpr std::size_t most_threads = 16;
  static constexpr std::size_t most_names = 256;  ///< that wait for a thread

  explicit Resolver(Lookup lookup = system_lookup);
  ~Resolver();

  /// The addresses of a host. Code::unavailable: it has none, it was not found out in time, or too
  /// many names are being looked up. The task runs on the loop of `watchdog`.
  Task<Addresses> resolve(Watchdog& watchdog, std::string host, SteadyTime deadline);

  static Addresses system_lookup(const std::string& host);

 private:
  struct Waiter;
  struct Pool;
  std::shared_ptr<Pool> pool_;  // its threads may outlive this: the system's resolver cannot be stopped
};

}  // namespace base
