#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/http_client.h"
#include "mcp/jsonrpc.h"
#include "mcp/sse_reader.h"

namespace mcp {

/// How long a request may take: `idle` without any sign of life, `absolute` in all.
struct RequestDeadlines {
  std::chrono::milliseconds idle;
  base::SteadyTime absolute;
};

/// One request in flight over Streamable HTTP: events are read from it until the response comes
/// (design §2.3). Dropping it before that closes the connection, which cancels the request at a
/// modern server.
///
/// Errors that say that it was certainly not carried out: Code::unavailable, nothing was sent or
/// the server is too busy; unauthorized (HTTP 401, 403); not_found (404: a legacy session is gone);
/// refused (other statuses that turn a request away). After any other error it may have been
/// carried out.
class HttpExchange {
 public:
  HttpExchange(base::Loop& loop, base::ClientResponse response, Id id, RequestDeadlines deadlines,
               const base::Limits& limits);

  /// The next message: notifications and server requests in order, last the response.
  base::Task<base::Result<Message>> next();

  int status() const { return response_.status(); }
  /// Bytes of the last message as it was sent.
  std::size_t size() const { return size_; }
  std::string_view header(std::string_view name) const { return response_.header(name); }

 private:
  base::Task<base::Result<Message>> next_of_json();
  base::Task<base::Result<Message>> next_of_stream();
  base::Result<Message> accept(std::string_view text);
  base::Error status_error() const;
  void extend_deadline();

  base::Loop& loop_;
  base::ClientResponse response_;
  Id id_;
  RequestDeadlines deadlines_;
  const base::Limits& limits_;
  SseReader events_;
  std::size_t size_ = 0;
  std::size_t received_ = 0;  // bytes of the stream so far
};

/// Posts JSON-RPC messages to one MCP endpoint from one event loop.
class HttpTransport {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// `headers` go with every request, e.g. the server's credentials.
  HttpTransport(base::Loop& loop, const base::Url& endpoint, Headers headers,
                const base::Limits& limits);

  /// Sends a request. `repeatable`: it may be sent again when a kept-alive connection turns out to
  /// be dead.
  base::Task<base::Result<HttpExchange>> request(Id id, std::string body, Headers headers,
                                                 RequestDeadlines deadlines, bool repeatable);
  /// Sends a notification; any 2xx is acceptance.
  base::Task<base::Status> notify(std::string body, Headers headers, base::SteadyTime deadline);

 private:
  base::ClientRequest make_request(std::string body, Headers headers) const;

  base::Loop& loop_;
  std::string target_;
  Headers headers_;
  const base::Limits& limits_;
  base::HttpClient client_;
};

}  // namespace mcp
