#include "base/http_client.h"

#include <algorithm>

#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>

#include "base/http_pool.h"

namespace base {
namespace {

using Tcp = asio::ip::tcp;
using TcpSocket = asio::basic_stream_socket<Tcp, Executor>;
using Resolver = asio::ip::basic_resolver<Tcp, Executor>;

constexpr std::chrono::milliseconds write_progress{30'000};
constexpr std::chrono::milliseconds connect_timeout{10'000};

Error not_sent(std::string message, std::string detail = {}) {
  return {Code::unavailable, std::move(message), std::move(detail)};
}

Task<Result<std::vector<Tcp::endpoint>>> resolve(asio::io_context& io, const Url& url) {
  std::error_code error;
  const auto address = asio::ip::make_address(url.host, error);
  if (!error) co_return std::vector{Tcp::endpoint(address, url.port)};
  Resolver resolver(io.get_executor());
  const auto found = co_await resolver.async_resolve(url.host, std::to_string(url.port),
                                                     asio::redirect_error(use_task, error));
  if (error) co_return not_sent("the host name does not resolve", error.message());
  std::vector<Tcp::endpoint> endpoints;
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

}  // namespace

HttpClient::HttpClient(Loop& loop, Url origin, const Limits& limits)
    : loop_(loop),
      origin_(std::move(origin)),
      limits_(limits),
      pool_(std::make_shared<HttpPool>(limits.upstream_connections)) {}

HttpClient::~HttpClient() { pool_->close(); }

Task<Result<std::unique_ptr<HttpConnection>>> HttpClient::connect(SteadyTime deadline) {
  if (pool_->full()) co_return not_sent("too many connections to it are open");
  auto endpoints = co_await resolve(loop_.io(), origin_);
  if (!endpoints) co_return endpoints.error();
  std::error_code error;
  for (const Tcp::endpoint& endpoint : *endpoints) {
    TcpSocket socket(loop_.executor());
    Deadline connect_deadline(loop_.watchdog(), [&socket] {
      std::error_code ignored;
      socket.close(ignored);
    });
    connect_deadline.set(std::min(deadline, std::chrono::steady_clock::now() + connect_timeout));
    co_await socket.async_connect(endpoint, asio::redirect_error(use_task, error));
    if (connect_deadline.expired()) co_return not_sent("connecting took too long");
    if (error) continue;
    socket.set_option(Tcp::no_delay(true), error);
    co_return std::make_unique<HttpConnection>(std::move(socket), loop_.watchdog(), pool_);
  }
  co_return not_sent("it does not accept connections", error.message());
}

std::string HttpClient::head_of(const ClientRequest& request) const {
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  head.append(origin_.authority()).append("\r\n");
  for (const auto& [name, value] : request.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n\r\n");
  return head;
}

Task<Result<ClientResponse>> HttpClient::send(ClientRequest request, SteadyTime deadline) {
  std::string text = head_of(request);
  text.append(request.body);
  if (std::unique_ptr<HttpConnection> pooled = pool_->take()) {
    auto response = co_await exchange(std::move(pooled), text, deadline);
    const bool lost = !response && response.error().code == Code::broken;
    if (!lost || !request.repeatable) co_return response;
  }
  auto connection = co_await connect(deadline);
  if (!connection) co_return connection.error();
  co_return co_await exchange(std::move(*connection), text, deadline);
}

Task<Result<ClientResponse>> HttpClient::exchange(std::unique_ptr<HttpConnection> connection,
                                                  const std::string& request, SteadyTime deadline) {
  if (auto sent = co_await connection->stream.write(request, write_progress); !sent) {
    co_return sent.error();
  }
  connection->stream.set_deadline(deadline);
  ClientResponse response(std::move(connection));
  do {
    if (auto read = co_await response.read_head(limits_); !read) co_return read.error();
  } while (response.status() < 200);  // RFC 9110 §15.2: interim ones come before the real one
  co_return response;
}

}  // namespace base
