#include "gateway/connection.h"

#include <exception>
#include <utility>

#include <asio/post.hpp>

#include "gateway/event_stream.h"
#include "gateway/request_id.h"
#include "gateway/request_reader.h"

namespace gateway {
namespace {

constexpr std::chrono::milliseconds linger{1000};
constexpr std::size_t linger_bytes = 1 << 20;

// Counts one for as long as it lives.
class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>& count) : count_(count), before_(count_.fetch_add(1)) {}
  ~Counted() { count_.fetch_sub(1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::size_t before() const { return before_; }

 private:
  std::atomic<std::size_t>& count_;
  std::size_t before_;
};

bool asks_for_head(const RawRequest& request) {
  return request.fields.start_line.substr(0, 5) == "HEAD ";
}

HttpResponse unavailable(const RawRequest& request, std::string_view sentence) {
  HttpResponse response = refusal(request.head, 503, sentence);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// The last fence: what is thrown on the request path is a bug, which costs this request its answer
// and nothing else.
base::Task<HttpResponse> handle_fenced(base::Loop& loop, const ConnectionContext& context,
                                       const RawRequest& request, const std::string& id,
                                       const std::string& peer) {
  std::string what;
  try {
    co_return co_await context.handler.handle(loop, request, id, peer);
  } catch (const std::exception& error) {
    what = error.what();
  }
  context.log.write(base::LogLevel::error, "bug", {{"request", id}, {"what", what}});
  HttpResponse response =
      refusal(request.head, 500, "An internal error. It is in the log under this request id.");
  response.close = true;
  co_return response;
}

base::Task<HttpResponse> answer(base::Loop& loop, const ConnectionContext& context,
                                const RawRequest& request, const std::string& id,
                                const std::string& peer) {
  if (auto at_once = context.handler.answer_at_once(request)) co_return *std::move(at_once);
  const Counted call(context.load.calls);
  if (call.before() >= context.limits.calls_in_flight) {
    co_return unavailable(request, "Too many calls are in flight. Try again in a second.");
  }
  if (context.load.draining) {
    co_return unavailable(request, "The gateway is ending. Nothing was sent.");
  }
  co_return co_await handle_fenced(loop, context, request, id, peer);
}

// Lets the peer read the answer before the connection is reset under bytes that nobody will read.
base::Task<void> close_gently(base::ByteStream& stream) {
  if (!stream.finish_sending()) co_return;
  stream.set_deadline(std::chrono::steady_clock::now() + linger);
  char ignored[4096];
  for (std::size_t total = 0; total < linger_bytes;) {
    auto count = co_await stream.read(ignored, sizeof ignored);
    if (!count || *count == 0) co_return;
    total += *count;
  }
}

// For hours perhaps: an idle stream holds no memory that it does not need.
base::Task<void> stay_open(EventStream& events, RequestReader& reader, RawRequest& request,
                           HttpResponse& response) {
  reader.release_memory();
  request.release_memory();
  co_await events.stay_open();
  response.subscription.reset();
}

// `begun` is what came of the request.
base::Task<void> refuse(base::ByteStream& stream, const ConnectionContext& context,
                        std::string_view begun, const ReadFailure& failure) {
  const std::string id = new_request_id();
  context.log.write(base::LogLevel::info, "bad_request",
                    {{"request", id}, {"status", failure.status}, {"reason", failure.sentence}});
  const std::string text =
      serialize(refusal(begun, failure.status, failure.sentence), {id, false, false});
  stream.clear_deadline();
  auto sent = co_await stream.write(text, context.limits.write_timeout);
  if (sent) co_await close_gently(stream);
}

base::Task<bool> secured(base::ByteStream& stream, const ConnectionContext& context,
                         std::shared_ptr<const base::TlsContext> tls) {
  stream.set_deadline(std::chrono::steady_clock::now() + context.limits.head_timeout.get());
  auto secure = co_await stream.start_tls(std::move(tls));
  if (!secure) {
    const base::Error& error = secure.error();
    context.log.write(base::LogLevel::info, "no_tls",
                      {{"reason", error.message}, {"detail", error.detail}});
  }
  co_return secure.ok();
}

}  // namespace

base::Task<void> serve_connection(base::Loop& loop, base::ByteStream::Socket socket,
                                  ConnectionContext context, std::string peer,
                                  std::shared_ptr<const base::TlsContext> tls) {
  const Counted connection(context.load.connections);
  base::ByteStream stream(std::move(socket), loop.watchdog(),
                          base::ByteStream::OnExpiry::stop_reading);
  if (connection.before() >= context.limits.connections) co_return;
  if (tls && !co_await secured(stream, context, std::move(tls))) co_return;
  RequestReader reader(stream, context.limits);
  const OpenConnections::Entry entry(context.open, loop, reader);
  // Those that waited when it began were told; one that comes later must not begin to wait.
  if (context.load.draining && stream.is_idle()) {
    co_await close_gently(stream);
    co_return;
  }
  const auto events = std::make_shared<EventStream>(loop, stream, context.limits);
  while (!loop.ending()) {
    RawRequest request;
    if (auto failure = co_await reader.next(request)) {
      const std::string_view begun = request.head.empty() ? reader.unread() : request.head;
      if (failure->status != 0) {
        co_await refuse(stream, context, begun, *failure);
      } else if (context.load.draining) {
        co_await close_gently(stream);
      }
      co_return;
    }
    const std::string id = new_request_id();
    request.events = events.get();
    events->begin({id, request.keep_alive, false}, request.is_http_1_1());
    std::optional<Counted> unanswered(std::in_place, context.load.unanswered);
    HttpResponse response = co_await answer(loop, context, request, id, peer);
    const bool keep_alive = request.keep_alive && !response.close && !context.load.draining;
    if (events->begun()) {
      if (response.subscription) {
        unanswered.reset();
        co_await stay_open(*events, reader, request, response);
      }
      if (!co_await events->finish(response.body)) co_return;
    } else {
      if (!events->rest()) co_return;
      const std::string text = serialize(response, {id, keep_alive, asks_for_head(request)});
      auto sent = co_await stream.write(text, context.limits.write_timeout);
      if (!sent) co_return;
    }
    unanswered.reset();
    if (!keep_alive || context.load.draining) {  // which may have begun meanwhile
      co_await close_gently(stream);
      co_return;
    }
    // A client that pipelines waits for its next turn like everybody else.
    if (reader.pipelined()) co_await asio::post(loop.executor(), base::use_task);
  }
}

}  // namespace gateway
