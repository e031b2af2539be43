#include "base/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/await_callback.h"

namespace base {
namespace {

constexpr std::chrono::seconds idle_thread{10};

Error not_resolved(std::string message, std::string detail = {}) {
  return {Code::unavailable, std::move(message), std::move(detail)};
}

}  // namespace

// Somebody who waits; told once, by the look-up or by the deadline.
struct Resolver::Waiter {
  std::atomic<bool> told{false};
  std::function<void(Addresses)> tell_;

  void tell(Addresses addresses) {
    if (!told.exchange(true)) tell_(std::move(addresses));
  }
};

struct Resolver::Pool : std::enable_shared_from_this<Pool> {
  using Waiters = std::vector<std::shared_ptr<Waiter>>;

  explicit Pool(Lookup how) : lookup(std::move(how)) {}

  // False: too many names wait already.
  bool add(const std::string& host, std::shared_ptr<Waiter> waiter) {
    const std::lock_guard lock(mutex);
    const auto running = names.find(host);
    if (running != names.end()) {
      std::erase_if(running->second, [](const auto& other) { return other->told.load(); });
      running->second.push_back(std::move(waiter));
      return true;
    }
    if (queue.size() >= most_names) return false;
    names[host].push_back(std::move(waiter));
    queue.push_back(host);
    if (idle < queue.size() && threads < most_threads) {
      ++threads;
      std::thread([pool = shared_from_this()] { pool->work(); }).detach();
    } else {
      wake.notify_one();
    }
    return true;
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      const bool found = wake.wait_for(lock, idle_thread, [this] { return ended || !queue.empty(); });
      --idle;
      if (ended || !found) break;
      const std::string host = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      const Addresses addresses = lookup(host);
      lock.lock();
      const Waiters waiters = std::move(names[host]);
      names.erase(host);
      lock.unlock();
      for (const auto& waiter : waiters) waiter->tell(addresses);
      lock.lock();
    }
    --threads;
  }

  void end() {
    const std::lock_guard lock(mutex);
    ended = true;
    wake.notify_all();
  }

  const Lookup lookup;
  std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  std::deque<std::string> queue;
  std::map<std::string, Waiters> names;  // being looked up, or in the queue
  std::size_t threads = 0, idle = 0;
  bool ended = false;
};

Resolver::Resolver(Lookup lookup) : pool_(std::make_shared<Pool>(std::move(lookup))) {}

Resolver::~Resolver() { pool_->end(); }

Task<Resolver::Addresses> Resolver::resolve(Watchdog& watchdog, std::string host,
                                            SteadyTime deadline) {
  auto waiter = std::make_shared<Waiter>();
  Deadline late(watchdog, [waiter] { waiter->tell(not_resolved("looking up its name took too long")); });
  auto start = [&](std::function<void(Addresses)> tell) {
    waiter->tell_ = std::move(tell);
    late.set(deadline);
    if (!pool_->add(host, waiter)) waiter->tell(not_resolved("too many names are being looked up"));
  };
  co_return co_await await_callback<Addresses>(std::move(start));
}

Resolver::Addresses Resolver::system_lookup(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (error != 0) return not_resolved("the host name does not resolve", ::gai_strerror(error));
  std::vector<asio::ip::address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    addresses.push_back(endpoint.address());
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace base
