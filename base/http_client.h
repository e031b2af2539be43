#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/ip/address.hpp>

#include "base/byte_stream.h"
#include "base/cancellation.h"
#include "base/chunked.h"
#include "base/event_loops.h"
#include "base/http_head.h"
#include "base/limits.h"
#include "base/url.h"

namespace base {

class HttpPool;
struct HttpConnection;

/// A request as it will be sent; Host and Content-Length are added.
struct ClientRequest {
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Whether it may be sent once more when a kept-alive connection turns out to be dead.
  bool repeatable = false;
  Cancellation* cancellation = nullptr;  ///< of the wait for the response's head
};

/// A response's head; `fields` points into `text`.
struct ResponseHead {
  std::string text;
  HttpHead fields;
};

/// A response whose body is read piece by piece. When it has been read to its end the connection
/// returns to its pool; dropping it earlier closes the connection, which is how a call is
/// cancelled.
class ClientResponse {
 public:
  ClientResponse(ClientResponse&&) noexcept;
  ClientResponse& operator=(ClientResponse&&) noexcept;
  ~ClientResponse();

  int status() const { return status_; }
  /// The only header of this name, or "".
  std::string_view header(std::string_view name) const;

  /// Appends the next piece of the body to `out`, which may grow to `limit` bytes. False: the body
  /// has ended. Code::limit: it is longer. The deadline is the response's (set_deadline).
  Task<Result<bool>> read(std::string& out, std::size_t limit);
  /// The next deadline of what is read.
  void set_deadline(SteadyTime at);
  /// Closes the connection: what is pending ends with Code::cancelled.
  void abort();
  /// Whether the body has been read to its end.
  bool finished() const { return finished_; }

 private:
  friend class HttpClient;
  explicit ClientResponse(std::unique_ptr<HttpConnection> connection);

  /// Reads the next head; of an interim response (status below 200) nothing else follows.
  Task<Status> read_head(const Limits& limits);
  Status take_head(std::size_t size);
  Task<Result<bool>> fill();
  Status take_buffered(std::string& out, std::size_t limit);
  void release();

  int status_ = 0;
  std::unique_ptr<const ResponseHead> head_;
  BodyFraming framing_;
  ChunkedDecoder chunks_;
  std::size_t remaining_ = 0;
  bool finished_ = false;
  bool keep_alive_ = true;
  std::unique_ptr<HttpConnection> connection_;
};

/// HTTP/1.1, plain or over TLS, to one origin from one event loop, with kept-alive connections. An error with
/// Code::unavailable means that no byte of the request was sent; after every other error the peer
/// may have acted on it.
class HttpClient {
 public:
  /// `tls` is for an `https:` origin.
  HttpClient(Loop& loop, Url origin, const Limits& limits,
             std::shared_ptr<const TlsContext> tls = nullptr);
  ~HttpClient();

  /// Sends and reads the response's head.
  Task<Result<ClientResponse>> send(ClientRequest request, SteadyTime deadline);

 private:
  using Connected = Result<std::unique_ptr<HttpConnection>>;
  Task<Connected> connect(SteadyTime deadline, Cancellation* cancellation);
  Task<Connected> secured(std::unique_ptr<HttpConnection> connection, SteadyTime deadline,
                          Cancellation* cancellation);
  Task<Result<ClientResponse>> exchange(std::unique_ptr<HttpConnection> connection,
                                        const std::string& request, SteadyTime deadline,
                                        Cancellation* cancellation);
  std::string head_of(const ClientRequest& request) const;

  Loop& loop_;
  Url origin_;
  const Limits& limits_;
  std::shared_ptr<const TlsContext> tls_;
  std::shared_ptr<HttpPool> pool_;
  std::optional<asio::ip::address> connected_;  // the last one that took a connection
};

}  // namespace base
