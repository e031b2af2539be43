#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/http_client.h"
#include "mcp/http_changes.h"
#include "mcp/messages.h"
#include "mcp/sse_reader.h"
#include "mcp/transport.h"

namespace mcp {

/// A request over Streamable HTTP. Dropping it closes the connection, which cancels the request at
/// a modern server; a legacy one is told.
class HttpExchange final : public Exchange {
 public:
  HttpExchange(base::Loop& loop, base::ClientResponse response, const OutgoingRequest& request,
               TalkBack talk_back, const base::Limits& limits);
  ~HttpExchange() override;

  base::Task<base::Result<Message>> next() override;
  std::size_t size() const override { return size_; }
  int status() const override { return response_.status(); }
  std::string_view session() const override { return session_; }

 private:
  base::Task<base::Result<Message>> next_of_json();
  base::Task<base::Result<Message>> next_of_stream();
  base::Result<Message> accept(std::string_view text);
  base::Status answer(const Request& request);
  void extend_deadline();

  base::Loop& loop_;
  base::ClientResponse response_;
  std::string session_;      // outlives the response, which is given away once it is answered
  bool given_away_ = false;  // response_ must not be asked any more
  bool over_ = false;        // there is nothing left to cancel at the server
  Id id_;
  RequestDeadlines deadlines_;
  TalkBack talk_back_;
  base::CancellationScope cancellation_;
  const base::Limits& limits_;
  SseReader events_;
  std::size_t size_ = 0;
  std::size_t received_ = 0;  // bytes of the stream so far
  std::size_t asked_ = 0;     // requests of the server
};

/// Posts JSON-RPC messages to one MCP endpoint from one event loop.
class HttpTransport final : public Transport {
 public:
  /// `headers` go with every request, e.g. the server's credentials. `tls` is for an `https:` endpoint.
  HttpTransport(base::Loop& loop, const base::Url& endpoint, Headers headers,
                const base::Limits& limits, std::shared_ptr<const base::TlsContext> tls = nullptr);

  bool has_headers() const override { return true; }
  base::Task<base::Result<std::unique_ptr<Exchange>>> request(OutgoingRequest request) override;
  /// Any 2xx is acceptance.
  base::Task<base::Status> notify(std::string body, Headers headers,
                                  base::SteadyTime deadline) override;
  /// Opens a stream on which the server tells of changes. Errors are those of Exchange;
  /// `cancellation` outlives the stream.
  base::Task<base::Result<std::unique_ptr<HttpChanges>>> listen(StreamRequest request,
                                                                base::Cancellation& cancellation);

 private:
  base::ClientRequest make_request(std::string body, Headers headers) const;
  base::ClientRequest get_request(Headers headers) const;
  TalkBack aside(const Headers& headers) const;

  base::Loop& loop_;
  std::string target_;
  Headers headers_;
  const base::Limits& limits_;
  std::shared_ptr<base::HttpClient> client_;  // shared by what is posted on the side
};

}  // namespace mcp
