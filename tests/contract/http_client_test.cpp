#include "base/http_client.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <catch2/catch.hpp>

namespace http_client_test {

using namespace std::chrono_literals;
using Tcp = asio::ip::tcp;

namespace {

/// Listens on an address of this machine; what it does not accept when its queue is full hears
/// nothing, as behind a firewall.
class Listening final {
 public:
  explicit Listening(const std::string& address, std::uint16_t port = 0) : acceptor_(io_) {
    const Tcp::endpoint endpoint(asio::ip::make_address(address), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(0);
  }
  void fill() {
    for (int at = 0; at < 4; ++at) {
      queued_.push_back(std::make_unique<Tcp::socket>(io_));
      queued_.back()->async_connect(acceptor_.local_endpoint(), [](std::error_code) {});
    }
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Answers one request on each of `connections`, one after the other, as far as they come.
  void answer(int connections) {
    for (int at = 0; at < connections; ++at) {
      Tcp::socket socket(io_);
      acceptor_.async_accept(socket, [](std::error_code) {});
      io_.restart();
      if (io_.run_one_for(10s) == 0) return;
      std::string head;
      asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n");
      asio::write(socket,
                  asio::buffer(std::string(
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")));
    }
  }

 private:
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::vector<std::unique_ptr<Tcp::socket>> queued_;
};

/// A client of `http://host:PORT`, on a loop of its own, for which the name has these addresses.
class Subject final {
 public:
  Subject(std::uint16_t port, std::vector<std::string> addresses)
      : loop_(0, std::make_shared<base::Resolver>([addresses](const std::string&) {
                std::vector<asio::ip::address> all;
                for (const std::string& each : addresses) {
                  all.push_back(asio::ip::make_address(each));
                }
                return base::Resolver::Addresses(all);
              })),
        client_(loop_, *base::parse_url("http://host:" + std::to_string(port) + "/"), limits),
        thread_([this] { loop_.run(); }) {}
  ~Subject() { loop_.end(); }

  /// The status of an answer, or why there is none.
  std::future<std::string> get(std::chrono::milliseconds within) {
    const auto told = std::make_shared<std::promise<std::string>>();
    loop_.spawn(ask(within, told));
    return told->get_future();
  }

  base::Limits limits;

 private:
  base::Task<void> ask(std::chrono::milliseconds within,
                       std::shared_ptr<std::promise<std::string>> told) {
    base::ClientRequest request{"GET", "/", {}, {}};
    const auto deadline = std::chrono::steady_clock::now() + within;
    const auto response = co_await client_.send(std::move(request), deadline);
    told->set_value(response ? std::to_string(response->status()) : response.error().message);
  }

  base::Loop loop_;
  base::HttpClient client_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE(
    "http client: an address that hears nothing leaves time for the next, which is tried "
    "first from then on") {
  Listening good("127.0.0.1");
  Listening silent("127.0.0.2", good.port());
  silent.fill();
  Subject subject(good.port(), {"127.0.0.2", "127.0.0.1"});
  const std::jthread server([&] { good.answer(2); });
  CHECK(subject.get(4s).get() == "200");
  const auto start = std::chrono::steady_clock::now();
  CHECK(subject.get(4s).get() == "200");
  CHECK(std::chrono::steady_clock::now() - start < 1'900ms);  // the silent one would take 2 s
}

TEST_CASE("http client: connections that are being made count as open ones") {
  Listening silent("127.0.0.2");
  silent.fill();
  Subject subject(silent.port(), {"127.0.0.2"});
  subject.limits.upstream_connections = 2;
  auto first = subject.get(500ms), second = subject.get(500ms);
  CHECK(subject.get(10s).get() == "too many connections to it are open");
  CHECK(first.get() == "connecting took too long");
  CHECK(second.get() == "connecting took too long");
  CHECK(subject.get(100ms).get() == "connecting took too long");
}

}  // namespace http_client_test
