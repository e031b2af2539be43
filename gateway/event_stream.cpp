#include "gateway/event_stream.h"

#include <array>
#include <charconv>
#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "gateway/stream_watch.h"

namespace gateway {
namespace {

constexpr std::string_view comment = ": keep-alive\n\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

std::string event_text(std::string_view message) {
  std::string text;
  text.reserve(message.size() + 8);
  text.append("data: ").append(message).append("\n\n");  // compact JSON has no line ends
  return text;
}

}  // namespace

EventStream::EventStream(base::Loop& loop, base::ByteStream& stream, const base::Limits& limits)
    : loop_(loop),
      stream_(stream),
      limits_(limits),
      watch_(std::make_shared<PeerWatch>(loop, stream)),
      silence_(loop.watchdog(), [this] { note_silence(); }),
      wake_(loop.io()) {}

EventStream::~EventStream() { watch_->stop(); }

void EventStream::begin(const Delivery& delivery, bool chunked) {
  ++request_;
  cancellation_.reset();
  delivery_ = delivery;
  chunked_ = chunked;
  begun_ = ended_ = cancels_ = stays_ = false;
  keeper_ = nullptr;
  principal_ = nullptr;
}

void EventStream::become_stream() {
  if (std::exchange(begun_, true)) return;
  if (!cancels_) watch_->start([this] { lose_client(); });
  outbox_ = stream_head(delivery_, chunked_);
  if (keeper_ != nullptr) kept_ = keeper_->add(loop_, *this, *principal_);
}

void EventStream::open() {
  if (gone_) return;
  become_stream();
  write_soon();
}

void EventStream::send(std::string_view message) {
  if (gone_ || ended_) return;
  become_stream();
  enqueue(event_text(message));
}

void EventStream::enqueue(std::string_view text) {
  append_chunk(text);
  write_soon();
}

void EventStream::write_soon() {
  if (outbox_.size() > limits_.stream_outbox) {
    stream_.close();
    return lose_client();
  }
  if (!std::exchange(writing_, true)) loop_.spawn(write(shared_from_this()));
}

// RFC 9112 §7.1; clients of HTTP/1.0 read until the connection is closed.
void EventStream::append_chunk(std::string_view text) {
  if (!chunked_) {
    outbox_.append(text);
    return;
  }
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), text.size(), 16).ptr;
  outbox_.append(digits.data(), end).append("\r\n").append(text).append("\r\n");
}

base::Task<void> EventStream::write(std::shared_ptr<EventStream>) {
  while (!outbox_.empty() && !gone_) {
    const std::string text = std::exchange(outbox_, {});
    auto sent = co_await stream_.write(text, limits_.write_timeout);
    stream_.clear_deadline();
    if (!sent) lose_client();
  }
  silence_.set(std::chrono::steady_clock::now() + limits_.stream_keep_alive.get());
  writing_ = false;
  wake_.cancel();
}

void EventStream::note_silence() {
  if (loop_.ending()) {
    wake_.cancel();
    return;
  }
  if (!begun_ || gone_ || ended_) return;
  if (on_silence_) on_silence_();
  if (!ended_) enqueue(comment);
}

void EventStream::cancel_when_closed() {
  cancels_ = true;
  watch_->start([this] { lose_client(); });
}

std::function<void()> EventStream::canceller() {
  return later([](EventStream& stream) { stream.cancellation_.request(); });
}

std::function<void()> EventStream::ender() {
  return later([](EventStream& stream) { stream.end(); });
}

// On its loop, and only while the same request is worked on.
std::function<void()> EventStream::later(void (*act)(EventStream&)) {
  return [weak = weak_from_this(), request = request_, &loop = loop_, act] {
    asio::post(loop.io(), [weak, request, act] {
      const auto stream = weak.lock();
      if (stream && stream->request_ == request) act(*stream);
    });
  };
}

void EventStream::lose_client() {
  gone_ = true;
  wake_.cancel();
  if (cancels_) cancellation_.request();
}

void EventStream::end() {
  ended_ = true;
  wake_.cancel();
}

void EventStream::revoke() {
  if (stays_) return end();
  stream_.close();
  lose_client();
}

base::Task<void> EventStream::wait() {
  wake_.expires_at(base::SteadyTime::max());
  std::error_code ignored;
  co_await wake_.async_wait(asio::redirect_error(base::use_task, ignored));
}

base::Task<void> EventStream::stay_open() {
  stays_ = true;
  while (!gone_ && !ended_ && !loop_.ending()) co_await wait();
  on_silence_ = nullptr;
}

base::Task<bool> EventStream::finish(std::string_view last_message) {
  kept_.reset();
  // First this: the watch ends together with whatever else waits on the socket.
  while (writing_) co_await wait();
  watch_->stop();
  silence_.clear();
  if (gone_) co_return false;
  if (!last_message.empty()) append_chunk(event_text(last_message));
  if (chunked_) outbox_.append(last_chunk);
  const std::string text = std::exchange(outbox_, {});
  auto sent = co_await stream_.write(text, limits_.write_timeout);
  co_return sent.ok();
}

}  // namespace gateway
