#include "base/http_client.h"

#include <algorithm>

#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>

#include "base/http_pool.h"

namespace base {
namespace {

using Tcp = asio::ip::tcp;
using TcpSocket = asio::basic_stream_socket<Tcp, Executor>;

constexpr std::chrono::milliseconds write_progress{30'000};
constexpr std::chrono::milliseconds resolve_timeout{5'000};
constexpr std::chrono::milliseconds connect_timeout{10'000};

Error not_sent(std::string message, std::string detail = {}) {
  return {Code::unavailable, std::move(message), std::move(detail)};
}

bool is_cancelled(const Cancellation* cancellation) {
  return cancellation != nullptr && cancellation->requested();
}

// Looked up once per connection: what is connected to is what was looked up, whatever the name's
// servers say next.
Task<Resolver::Addresses> addresses_of(Loop& loop, std::string host, SteadyTime deadline) {
  std::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) co_return std::vector{address};
  const auto late = std::min(deadline, std::chrono::steady_clock::now() + resolve_timeout);
  co_return co_await loop.resolver().resolve(loop.watchdog(), std::move(host), late);
}

// Until when the next of `left` addresses may take: one that hears nothing leaves time for the
// rest.
SteadyTime share(SteadyTime late, std::size_t left) {
  const SteadyTime now = std::chrono::steady_clock::now();
  return now + (late - now) / static_cast<std::int64_t>(left);
}

Task<std::error_code> connect_within(Loop& loop, TcpSocket& socket, Tcp::endpoint endpoint,
                                     SteadyTime late, Cancellation* cancellation) {
  const auto give_up = [&socket] {
    std::error_code ignored;
    socket.close(ignored);
  };
  Deadline deadline(loop.watchdog(), give_up);
  const CancellationScope scope(cancellation, give_up);
  deadline.set(late);
  std::error_code error;
  co_await socket.async_connect(endpoint, asio::redirect_error(use_task, error));
  co_return deadline.expired() ? std::make_error_code(std::errc::timed_out) : error;
}

}  // namespace

HttpClient::HttpClient(Loop& loop, Url origin, const Limits& limits,
                       std::shared_ptr<const TlsContext> tls)
    : loop_(loop),
      origin_(std::move(origin)),
      limits_(limits),
      tls_(std::move(tls)),
      pool_(std::make_shared<HttpPool>(limits.upstream_connections)) {}

HttpClient::~HttpClient() { pool_->close(); }

Task<HttpClient::Connected> HttpClient::connect(SteadyTime deadline, Cancellation* cancellation) {
  if (pool_->full()) co_return not_sent("too many connections to it are open");
  if (origin_.secure && !tls_) {
    co_return Error{Code::internal, "it wants TLS, which was not set up", {}};
  }
  HttpPlace place(pool_);
  auto addresses = co_await addresses_of(loop_, origin_.host, deadline);
  if (!addresses) co_return addresses.error();
  std::stable_partition(addresses->begin(), addresses->end(),
                        [this](const auto& address) { return address == connected_; });
  const auto late = std::min(deadline, std::chrono::steady_clock::now() + connect_timeout);
  std::error_code error = std::make_error_code(std::errc::timed_out);
  std::size_t left = addresses->size();
  for (const auto& address : *addresses) {
    if (is_cancelled(cancellation)) co_return not_sent("the call was cancelled");
    if (std::chrono::steady_clock::now() >= late) break;
    const Tcp::endpoint endpoint(address, origin_.port);
    TcpSocket socket(loop_.executor());
    error = co_await connect_within(loop_, socket, endpoint, share(late, left--), cancellation);
    if (error) continue;
    connected_ = address;
    socket.set_option(Tcp::no_delay(true), error);
    auto connection =
        std::make_unique<HttpConnection>(std::move(socket), loop_.watchdog(), std::move(place));
    if (!origin_.secure) co_return connection;
    co_return co_await secured(std::move(connection), late, cancellation);
  }
  if (is_cancelled(cancellation)) co_return not_sent("the call was cancelled");
  if (error == std::errc::timed_out) co_return not_sent("connecting took too long");
  co_return not_sent("it does not accept connections", error.message());
}

// No byte of a request has left before this has succeeded.
Task<HttpClient::Connected> HttpClient::secured(std::unique_ptr<HttpConnection> connection,
                                                SteadyTime deadline, Cancellation* cancellation) {
  ByteStream& stream = connection->stream;
  const CancellationScope scope(cancellation, [&stream] { stream.close(); });
  stream.set_deadline(deadline);
  auto secure = co_await connection->stream.start_tls(tls_, origin_.host);
  if (secure) co_return connection;
  if (secure.error().code == Code::timeout) co_return not_sent("the TLS handshake took too long");
  co_return not_sent("the TLS handshake failed", secure.error().detail);
}

std::string HttpClient::head_of(const ClientRequest& request) const {
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  head.append(origin_.authority()).append("\r\n");
  for (const auto& [name, value] : request.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (request.method != "GET") {  // RFC 9110 §8.6: where no content is meant, none is announced
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  head.append("\r\n");
  return head;
}

Task<Result<ClientResponse>> HttpClient::send(ClientRequest request, SteadyTime deadline) {
  std::string text = head_of(request);
  text.append(request.body);
  if (std::unique_ptr<HttpConnection> pooled = pool_->take()) {
    auto response = co_await exchange(std::move(pooled), text, deadline, request.cancellation);
    const bool lost = !response && response.error().code == Code::broken;
    if (!lost || !request.repeatable) co_return response;
  }
  auto connection = co_await connect(deadline, request.cancellation);
  if (!connection) co_return connection.error();
  co_return co_await exchange(std::move(*connection), text, deadline, request.cancellation);
}

Task<Result<ClientResponse>> HttpClient::exchange(std::unique_ptr<HttpConnection> connection,
                                                  const std::string& request, SteadyTime deadline,
                                                  Cancellation* cancellation) {
  if (is_cancelled(cancellation)) co_return not_sent("the call was cancelled");
  ByteStream& stream = connection->stream;
  const CancellationScope scope(cancellation, [&stream] { stream.close(); });
  if (auto sent = co_await connection->stream.write(request, write_progress, deadline);
      !sent) {
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
