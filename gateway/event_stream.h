#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/limits.h"
#include "gateway/http_message.h"
#include "gateway/peer_watch.h"
#include "gateway/pipeline/principal.h"

namespace gateway {

class StreamWatch;

/// The way back to one client while its request is still being worked on. The first event turns
/// the answer into a text/event-stream. What the client has not taken yet is bounded: a slow reader
/// is cut off. One object per connection, for one request after the other; belongs to its loop.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  /// `stream` outlives it.
  EventStream(base::Loop& loop, base::ByteStream& stream, const base::Limits& limits);
  ~EventStream();

  // For those who work on the request:

  /// Makes the answer an event stream before there is an event.
  void open();
  /// Sends a JSON-RPC message as an event; lost when the client has gone or is cut off.
  void send(std::string_view message);
  /// Requested when the request is to end early.
  base::Cancellation& cancellation() { return cancellation_; }
  /// A client that closes its connection cancels its request (2026-07-28; never before).
  void cancel_when_closed();
  /// Cancels the request that is worked on now; may be called from any thread at any time.
  std::function<void()> canceller();
  /// Ends a stream that stays open.
  void end();
  /// Who asks is not known any more. A stream that stays open ends; the answer to a call is cut off
  /// as if the client were gone.
  void revoke();
  /// Should the answer become an event stream, `watch` keeps an eye on it. Both live as long as the
  /// request is worked on.
  void watch_for(StreamWatch& watch, const pipeline::Principal& principal) {
    keeper_ = &watch;
    principal_ = &principal;
  }
  /// Ends the stream that is open now; may be called from any thread at any time.
  std::function<void()> ender();
  /// Is called whenever a stream that stays open has been silent for a while.
  void set_on_silence(std::function<void()> on_silence) { on_silence_ = std::move(on_silence); }

  // For the connection:

  /// A new request. What `delivery` refers to lives until finish() or rest().
  void begin(const Delivery& delivery, bool chunked);
  /// Whether the answer has become an event stream.
  bool begun() const { return begun_; }
  /// Waits until the client goes, the loop ends, or somebody calls end().
  base::Task<void> stay_open();
  /// Sends the last message, or none when it is empty, and ends the stream; false when the client
  /// is gone. Nothing is under way afterwards.
  base::Task<bool> finish(std::string_view last_message);
  /// The request is to be answered otherwise; false when the client is known to be gone.
  bool rest() {
    watch_->stop();
    return !gone_;
  }

 private:
  std::function<void()> later(void (*act)(EventStream&));
  void enqueue(std::string_view text);
  void become_stream();
  void write_soon();
  void append_chunk(std::string_view text);
  base::Task<void> write(std::shared_ptr<EventStream> self);
  base::Task<void> wait();
  void note_silence();
  void lose_client();

  base::Loop& loop_;
  base::ByteStream& stream_;
  const base::Limits& limits_;
  std::shared_ptr<PeerWatch> watch_;
  base::Deadline silence_;
  base::Timer wake_;
  base::Cancellation cancellation_;
  std::function<void()> on_silence_;
  StreamWatch* keeper_ = nullptr;  // null: nobody keeps an eye on this request's stream
  const pipeline::Principal* principal_ = nullptr;
  std::shared_ptr<void> kept_;
  Delivery delivery_;
  std::string outbox_;
  std::uint64_t request_ = 0;  // counts requests
  bool chunked_ = true;
  bool begun_ = false;
  bool writing_ = false;
  bool gone_ = false;  // nothing can be sent any more
  bool ended_ = false;
  bool cancels_ = false;
  bool stays_ = false;  // open, behind the answer
};

}  // namespace gateway
