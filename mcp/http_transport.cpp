#include "mcp/http_transport.h"

#include <algorithm>
#include <utility>

#include "mcp/http_answer.h"
#include "mcp/notifications.h"

namespace mcp {
namespace {

using base::Code;
using base::Error;

// A stream may hold this many times the size of the largest result: room for progress and log
// messages, none for a flood.
constexpr std::size_t stream_results = 8;

// A server that asks more often than this during one request is flooding.
constexpr std::size_t most_server_requests = 64;

constexpr std::chrono::seconds side_patience{5};

// Whether the server may still be at work after such an error of ours.
bool may_go_on(Code code) { return code == Code::timeout || code == Code::cancelled; }

// Posts one message; what becomes of it does not matter.
base::Task<void> post_aside(std::shared_ptr<base::HttpClient> client, std::string target,
                            base::ClientRequest request) {
  request.target = target;
  const auto deadline = std::chrono::steady_clock::now() + side_patience;
  auto response = co_await client->send(std::move(request), deadline);
  constexpr std::size_t enough = 64 << 10;
  std::string body;
  bool more = response.ok();
  while (more) {
    auto read = co_await response->read(body, enough);
    more = read && *read;
  }
}

// Reads what is left of an event stream behind its response, so that the connection can be used
// again.
base::Task<void> drain(base::ClientResponse response) {
  constexpr std::size_t enough = 64 << 10;
  std::string rest;
  response.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  while (true) {
    auto more = co_await response.read(rest, enough);
    if (!more || !*more) co_return;
  }
}

}  // namespace

HttpExchange::HttpExchange(base::Loop& loop, base::ClientResponse response,
                           const OutgoingRequest& request, TalkBack talk_back,
                           const base::Limits& limits)
    : loop_(loop),
      response_(std::move(response)),
      session_(response_.header(header::session_id)),
      id_(request.id),
      deadlines_(request.deadlines),
      talk_back_(std::move(talk_back)),
      cancellation_(request.cancellation, [this] { response_.abort(); }),
      limits_(limits),
      events_(limits.result) {
  extend_deadline();  // that it answers at all shows that it goes on
}

HttpExchange::~HttpExchange() {
  if (!over_ && talk_back_ && !loop_.ending()) {
    talk_back_(cancelled_text(id_, "the caller no longer waits"));
  }
}

void HttpExchange::extend_deadline() {
  response_.set_deadline(
      std::min(std::chrono::steady_clock::now() + deadlines_.idle, deadlines_.absolute));
}

base::Task<base::Result<Message>> HttpExchange::next() {
  if (given_away_) co_return Error{Code::internal, "the response was read already", {}};
  const std::string_view type = response_.header("content-type");
  if (response_.status() == 200 && is_media_type(type, "text/event-stream")) {
    auto message = co_await next_of_stream();
    // Who lost the connection, or answered wrongly, is told nothing.
    if (!message && message.error().code == Code::broken) over_ = true;
    co_return message;
  }
  if (!is_media_type(type, "application/json")) {
    over_ = true;
    co_return status_error(response_.status());
  }
  auto message = co_await next_of_json();
  over_ = message || !may_go_on(message.error().code);
  co_return message;
}

base::Task<base::Result<Message>> HttpExchange::next_of_json() {
  std::string body;
  while (!response_.finished()) {
    extend_deadline();
    auto more = co_await response_.read(body, limits_.result);
    if (!more) co_return more.error();
  }
  auto message = accept(body);
  // An error status may carry a JSON-RPC error; what else it carries counts for nothing.
  const bool is_response = message && std::holds_alternative<Response>(*message);
  if (response_.status() != 200 && (!is_response || !std::get<Response>(*message).error)) {
    co_return status_error(response_.status());
  }
  if (message && !is_response) {
    co_return Error{Code::broken, "it answered with a message that is not a response", {}};
  }
  co_return message;
}

base::Task<base::Result<Message>> HttpExchange::next_of_stream() {
  while (true) {
    if (auto event = events_.next()) {
      auto message = accept(event->data);
      if (!message) co_return message;
      extend_deadline();  // comments keep a connection alive, but say nothing of the request
      if (const auto* request = std::get_if<Request>(&*message)) {
        if (auto status = answer(*request); !status) co_return status.error();
        continue;
      }
      if (const auto* notification = std::get_if<Notification>(&*message)) {
        if (!concerns(*notification, id_)) continue;
        co_return message;
      }
      over_ = true;
      if (!response_.finished()) {
        given_away_ = true;
        loop_.spawn(drain(std::move(response_)));
      }
      co_return message;
    }
    std::string piece;
    auto more = co_await response_.read(piece, limits_.result);
    if (!more) co_return more.error();
    if (!*more) co_return Error{Code::broken, "its stream ended without a response", {}};
    received_ += piece.size();
    if (received_ > stream_results * limits_.result) {
      co_return Error{Code::limit, "it floods its stream", {}};
    }
    if (auto fed = events_.feed(piece); !fed) {
      co_return Error{Code::broken, "it sent an event that is longer than allowed", {}};
    }
  }
}

// Legacy servers may ask (2025-11-25, transports); a modern one must not, and is not heard.
base::Status HttpExchange::answer(const Request& request) {
  if (++asked_ > most_server_requests) return Error{Code::limit, "it floods its stream", {}};
  if (talk_back_) talk_back_(unserved_text(request));
  return {};
}

base::Result<Message> HttpExchange::accept(std::string_view text) {
  size_ = text.size();
  auto limits = limits_.json;
  limits.string = limits_.result;
  auto parsed = base::parse_json(text, limits);
  if (!parsed && parsed.error().code == Code::limit) {
    return Error{Code::limit, "its answer is beyond a bound", parsed.error().message};
  }
  if (!parsed) return Error{Code::broken, "it answered with invalid JSON", parsed.error().message};
  auto message = parse_message(std::move(parsed->value));
  if (!message) {
    return Error{Code::broken, "it answered with something other than JSON-RPC",
                 message.error().message};
  }
  if (const auto* response = std::get_if<Response>(&*message)) {
    const bool unread =
        !response->id && response->error;  // an error about a request it could not read
    if (!unread && response->id != id_) {
      return Error{Code::broken, "it answered a request that was not asked", {}};
    }
  }
  return message;
}

HttpTransport::HttpTransport(base::Loop& loop, const base::Url& endpoint, Headers headers,
                             const base::Limits& limits,
                             std::shared_ptr<const base::TlsContext> tls)
    : loop_(loop),
      target_(endpoint.target),
      headers_(std::move(headers)),
      limits_(limits),
      client_(std::make_shared<base::HttpClient>(loop, endpoint, limits, std::move(tls))) {}

base::ClientRequest HttpTransport::make_request(std::string body, Headers headers) const {
  headers.insert(headers.end(), headers_.begin(), headers_.end());
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("Accept", "application/json, text/event-stream");
  return {"POST", target_, std::move(headers), std::move(body), false};
}

base::ClientRequest HttpTransport::get_request(Headers headers) const {
  headers.insert(headers.end(), headers_.begin(), headers_.end());
  headers.emplace_back("Accept", "text/event-stream");
  return {"GET", target_, std::move(headers), {}, true};
}

// Goes with the headers of the request that it is about: they name version and session.
TalkBack HttpTransport::aside(const Headers& headers) const {
  return [client = client_, target = target_, &loop = loop_,
          aside = make_request({}, headers)](std::string message) {
    base::ClientRequest posted = aside;
    posted.body = std::move(message);
    loop.spawn(post_aside(client, target, std::move(posted)));
  };
}

base::Task<base::Result<std::unique_ptr<Exchange>>> HttpTransport::request(
    OutgoingRequest request) {
  const TalkBack talk_back = request.talks_back ? aside(request.headers) : TalkBack();
  base::ClientRequest posted = make_request(std::move(request.body), std::move(request.headers));
  posted.repeatable = request.repeatable;
  posted.cancellation = request.cancellation;
  const auto first = std::min(std::chrono::steady_clock::now() + request.deadlines.idle,
                              request.deadlines.absolute);
  auto response = co_await client_->send(std::move(posted), first);
  if (!response) {
    if (may_go_on(response.error().code) && talk_back && !loop_.ending()) {
      talk_back(cancelled_text(request.id, "the caller no longer waits"));
    }
    co_return response.error();
  }
  co_return std::unique_ptr<Exchange>(
      std::make_unique<HttpExchange>(loop_, std::move(*response), request, talk_back, limits_));
}

base::Task<base::Result<std::unique_ptr<HttpChanges>>> HttpTransport::listen(
    StreamRequest request, base::Cancellation& cancellation) {
  const bool session = !request.id;
  const TalkBack talk_back = session ? aside(request.headers) : TalkBack();
  base::ClientRequest opening = session
                                    ? get_request(std::move(request.headers))
                                    : make_request(std::move(request.body), std::move(request.headers));
  opening.repeatable = true;
  opening.cancellation = &cancellation;
  // There are servers that send the head with the first event.
  auto response = co_await client_->send(std::move(opening),
                                         std::chrono::steady_clock::now() + HttpChanges::silence);
  if (!response) co_return response.error();
  if (response->status() != 200) co_return status_error(response->status());
  if (!is_media_type(response->header("content-type"), "text/event-stream")) {
    co_return Error{Code::refused, "it answered without an event stream", {}};
  }
  co_return std::make_unique<HttpChanges>(std::move(*response), std::move(request.id), talk_back,
                                          &cancellation, limits_);
}

base::Task<base::Status> HttpTransport::notify(std::string body, Headers headers,
                                               base::SteadyTime deadline) {
  base::ClientRequest request = make_request(std::move(body), std::move(headers));
  request.repeatable = true;
  auto response = co_await client_->send(std::move(request), deadline);
  if (!response) co_return response.error();
  std::string body_read;
  while (true) {
    auto more = co_await response->read(body_read, limits_.upstream_head);
    if (!more) co_return more.error();
    if (!*more) break;
  }
  if (response->status() / 100 == 2) co_return base::Status{};
  co_return Error{Code::refused, "it answered HTTP " + std::to_string(response->status()), {}};
}

}  // namespace mcp
