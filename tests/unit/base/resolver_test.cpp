#include "base/resolver.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <utility>

#include "base/event_loops.h"

namespace resolver_test {

using base::Code;
using base::Resolver;
using Addresses = Resolver::Addresses;
using namespace std::chrono_literals;

namespace {

const auto address = asio::ip::make_address("192.0.2.7");

base::SteadyTime in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// A resolver whose names hang until the test lets them go. Its threads outlive it: the look-up owns
// what it uses.
struct Hanging {
  std::promise<void> release;
  bool is_released = false;
  std::shared_ptr<std::atomic<int>> lookups = std::make_shared<std::atomic<int>>(0);
  Resolver resolver{[released = release.get_future().share(),
                     lookups = lookups](const std::string& host) -> Addresses {
    ++*lookups;
    if (host.starts_with("hang")) released.wait();
    if (host == "none") return base::Error{Code::unavailable, "the host name does not resolve", {}};
    return std::vector{address};
  }};
  base::EventLoops loops{1};

  Hanging() { loops.start(); }
  ~Hanging() { let_go(); }

  void let_go() {
    if (!std::exchange(is_released, true)) release.set_value();
  }

  std::future<Addresses> ask(std::string host, std::chrono::milliseconds time) {
    auto answer = std::make_shared<std::promise<Addresses>>();
    loops.at(0).spawn(
        [](Hanging& self, std::string name, base::SteadyTime deadline,
           std::shared_ptr<std::promise<Addresses>> told) -> base::Task<void> {
          auto found =
              co_await self.resolver.resolve(self.loops.at(0).watchdog(), std::move(name), deadline);
          told->set_value(std::move(found));
        }(*this, std::move(host), in(time), answer));
    return answer->get_future();
  }
};

}  // namespace

TEST_CASE("a name is looked up away from the loop", "[resolver]") {
  Hanging names;
  CHECK(*names.ask("a", 10s).get() == std::vector{address});
  CHECK(names.ask("none", 10s).get().error().message == "the host name does not resolve");
}

TEST_CASE("a name that hangs fails at its deadline and delays no other", "[resolver]") {
  Hanging names;
  auto hanging = names.ask("hang", 100ms);
  CHECK(names.ask("a", 10s).get().ok());
  const auto late = hanging.get();
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == Code::unavailable);
  CHECK(late.error().message == "looking up its name took too long");
}

TEST_CASE("a name that hangs takes one thread, however often it is asked for", "[resolver]") {
  Hanging names;
  std::vector<std::future<Addresses>> hanging;
  for (std::size_t i = 0; i < 4 * Resolver::most_threads; ++i) hanging.push_back(names.ask("hang", 50ms));
  CHECK(names.ask("a", 10s).get().ok());
  for (auto& one : hanging) CHECK_FALSE(one.get().ok());
  CHECK(*names.lookups == 2);
}

TEST_CASE("names that wait for a thread are bounded", "[resolver]") {
  Hanging names;
  std::vector<std::future<Addresses>> hanging;
  const std::size_t room = Resolver::most_threads + Resolver::most_names;
  for (std::size_t i = 0; i < room + 1; ++i) {
    hanging.push_back(names.ask("hang" + std::to_string(i), 10s));
  }
  std::promise<void> asked;
  asio::post(names.loops.at(0).io(), [&asked] { asked.set_value(); });
  asked.get_future().wait();
  names.let_go();
  std::size_t refused = 0;
  for (auto& one : hanging) {
    const Addresses found = one.get();
    if (found.ok()) continue;
    CHECK(found.error().message == "too many names are being looked up");
    ++refused;
  }
  CHECK(refused >= 1);
  CHECK(refused <= 1 + Resolver::most_threads);  // threads take names while more come in
}

}  // namespace resolver_test
