#include "tools/change_listener.h"

#include <utility>

#include <asio/redirect_error.hpp>

#include "tools/jitter.h"

namespace tools {
namespace {

using base::Code;
using base::Error;

// A flood waits in the server's own buffers.
constexpr std::chrono::milliseconds between_reads{250};

}  // namespace

AfterStream after_stream(const Error& why, bool goes_on) {
  switch (why.code) {
    case Code::not_found:
    case Code::refused:
      return goes_on ? AfterStream::session_over : AfterStream::give_up;
    case Code::unauthorized:
      return AfterStream::give_up;
    default:
      return AfterStream::again;
  }
}

ChangeListener::ChangeListener(base::Loop& loop, mcp::HttpTransport& transport,
                               mcp::Client& client, const std::string& server, base::Log& log,
                               Events events, std::function<Anchor()> anchor)
    : loop_(loop),
      transport_(transport),
      client_(client),
      server_(server),
      log_(log),
      events_(std::move(events)),
      anchor_(std::move(anchor)) {}

bool ChangeListener::goes_on_with(const mcp::Handshake& handshake) const {
  if (!session_ || session_->handshake->revision != handshake.revision ||
      session_->handshake->session != handshake.session) {
    return false;
  }
  const auto now = std::chrono::steady_clock::now();
  return session_->given_up > now || now - session_->given_up < verdict_ttl;
}

void ChangeListener::follow(std::shared_ptr<const mcp::Handshake> handshake) {
  if (ended_ || !handshake->tells_of_offers()) return stop();
  if (goes_on_with(*handshake)) return;
  stop();
  said_why_ = false;
  session_ = std::make_shared<Session>();
  session_->handshake = std::move(handshake);
  loop_.spawn(listen(session_, anchor_()));
}

void ChangeListener::stop() {
  if (auto session = std::exchange(session_, nullptr)) session->cancellation.request();
}

void ChangeListener::end() {
  ended_ = true;
  stop();
}

// A server whose sessions end with their streams is not asked for new ones without a pause.
base::Task<void> ChangeListener::listen(Pointer session, Anchor) {
  co_await pause(*session, pace_.left(std::chrono::steady_clock::now()));
  while (!over(*session)) {
    const Error why = co_await hear(*session);
    if (over(*session)) co_return;
    const auto backoff = with_jitter(pace_.ended(std::chrono::steady_clock::now()));
    if (!std::exchange(said_why_, true)) {
      log_.write(base::LogLevel::info, "not_listening",
                 {{"server", server_}, {"reason", why.message}, {"detail", why.detail}});
    }
    switch (after_stream(why, session->was_open && !session->handshake->session.empty())) {
      case AfterStream::give_up:
        session->given_up = std::chrono::steady_clock::now();
        co_return;
      case AfterStream::session_over:
        events_.session_over(session->handshake);
        co_return;
      case AfterStream::again:
        co_await pause(*session, std::max(backoff, session->pause));
    }
  }
}

base::Task<Error> ChangeListener::hear(Session& session) {
  auto stream = co_await transport_.listen(
      client_.stream_request(*session.handshake, session.last_event_id), session.cancellation);
  if (!stream) co_return stream.error();
  bool noted = false;
  while (true) {
    if ((*stream)->opened() && !std::exchange(noted, true)) note_open(session);
    auto changes = co_await (*stream)->next();
    if (!changes) co_return changes.error();
    session.last_event_id = (*stream)->last_event_id();
    session.pause = (*stream)->retry();
    if (changes->offers_changed) events_.offers_changed();
    if (changes->ended) co_return Error{Code::unavailable, "it ended the stream", {}};
    co_await pause(session, between_reads);
  }
}

// What changed while nobody listened was not heard.
void ChangeListener::note_open(Session& session) {
  session.was_open = true;
  pace_.opened(std::chrono::steady_clock::now());
  said_why_ = false;
  log_.write(base::LogLevel::info, "listening", {{"server", server_}});
  events_.offers_changed();
}

base::Task<void> ChangeListener::pause(Session& session, std::chrono::milliseconds time) {
  if (time.count() <= 0 || over(session)) co_return;
  base::Timer timer(loop_.io());
  base::Deadline ending(loop_.watchdog(), [&timer] { timer.cancel(); });
  const base::CancellationScope scope(&session.cancellation, [&timer] { timer.cancel(); });
  timer.expires_after(time);
  std::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(base::use_task, ignored));
}

}  // namespace tools
