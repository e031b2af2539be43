#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <asio/basic_stream_socket.hpp>
#include <asio/generic/stream_protocol.hpp>

#include "base/result.h"
#include "base/task.h"
#include "base/tls.h"
#include "base/watchdog.h"

namespace base {

/// A connected stream socket (TCP or unix), plain or with TLS, whose every wait has a deadline.
/// Belongs to its loop.
class ByteStream {
 public:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

  /// What an expired deadline does. `close` frees the connection at once; `stop_reading` leaves it open for an
  /// answer that says so, and every read from then on fails.
  enum class OnExpiry { close, stop_reading };

  ByteStream(Socket socket, Watchdog& watchdog, OnExpiry on_expiry);
  ~ByteStream();

  /// The TLS handshake; what follows is encrypted. As a client the peer must show a certificate for
  /// `host`. To be called once, before anything else is sent. The deadline is the stream's.
  Task<Status> start_tls(std::shared_ptr<const TlsContext> context, std::string host = {});

  /// What is pending when `at` passes ends with Code::timeout.
  void set_deadline(SteadyTime at) { deadline_.set(at); }
  void clear_deadline() { deadline_.clear(); }

  /// Reads what is there, at least one byte. 0: the peer closed its side.
  Task<Result<std::size_t>> read(char* data, std::size_t size);
  /// Writes all of it. `progress` bounds the wait for each further byte, once the socket does not
  /// take all at once, and `until` the whole.
  Task<Status> write(std::string_view data, std::chrono::milliseconds progress,
                     SteadyTime until = SteadyTime::max());
  /// Tells the peer that nothing follows; false when it is gone.
  bool finish_sending();

  /// Closes at once; what is pending ends with Code::cancelled.
  void close();
  bool is_open() const { return socket_.is_open(); }
  /// Whether an idle connection is still usable: open, and nothing to read. Costs a system call.
  bool is_idle();
  Socket& socket() { return socket_; }

 private:
  void expire(OnExpiry on_expiry);
  Error failure(const std::error_code& error) const;
  Task<Result<std::size_t>> read_plain(char* data, std::size_t size);
  Task<Status> write_plain(std::string_view data, std::chrono::milliseconds progress,
                           SteadyTime until);
  Task<Result<std::size_t>> read_tls(char* data, std::size_t size);
  Task<Status> write_tls(std::string_view data, std::chrono::milliseconds progress,
                         SteadyTime until);
  Task<Status> wait_for(TlsSession::Step step);
  Error tls_failure() const;

  Socket socket_;
  Deadline deadline_;
  std::unique_ptr<TlsSession> tls_;  // null: plain
  unsigned turns_ = 0;               // reads in a row that did not wait
};

}  // namespace base
