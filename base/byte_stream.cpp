#include "base/byte_stream.h"

#include <algorithm>
#include <utility>

#include <sys/socket.h>

#include <asio/buffer.hpp>
#include <asio/redirect_error.hpp>

namespace base {

ByteStream::ByteStream(Socket socket, Watchdog& watchdog, OnExpiry on_expiry)
    : socket_(std::move(socket)), deadline_(watchdog, [this, on_expiry] { expire(on_expiry); }) {
  std::error_code ignored;  // a socket that cannot be set non-blocking fails at its first read
  socket_.non_blocking(true, ignored);
}

ByteStream::~ByteStream() { close(); }

void ByteStream::expire(OnExpiry on_expiry) {
  if (on_expiry == OnExpiry::close) return close();
  std::error_code ignored;
  socket_.cancel(ignored);
}

Task<Result<std::size_t>> ByteStream::read(char* data, std::size_t size) {
  if (tls_) return read_tls(data, size);
  return read_plain(data, size);
}

Task<Result<std::size_t>> ByteStream::read_plain(char* data, std::size_t size) {
  std::error_code error;
  // Nothing may have been pending when the deadline passed.
  if (deadline_.expired()) co_return failure(error);
  const std::size_t count = co_await socket_.async_read_some(asio::buffer(data, size),
                                                             asio::redirect_error(use_task, error));
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return failure(error);
  co_return count;
}

Task<Status> ByteStream::write(std::string_view data, std::chrono::milliseconds progress,
                               SteadyTime until) {
  if (tls_) return write_tls(data, progress, until);
  return write_plain(data, progress, until);
}

Task<Status> ByteStream::write_plain(std::string_view data, std::chrono::milliseconds progress,
                                     SteadyTime until) {
  while (true) {
    std::error_code error;
    // Tried at once: nearly always the socket takes everything, and no trip through the loop is
    // needed.
    const std::size_t count = socket_.write_some(asio::buffer(data.data(), data.size()), error);
    data.remove_prefix(count);
    if (data.empty()) co_return Status{};
    if (error && error != asio::error::would_block && error != asio::error::try_again) {
      co_return failure(error);
    }
    set_deadline(std::min(std::chrono::steady_clock::now() + progress, until));
    co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(use_task, error));
    if (error) co_return failure(error);
  }
}

bool ByteStream::finish_sending() {
  if (!socket_.is_open()) return false;
  if (tls_) tls_->close_notify();
  std::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  return !error;
}

void ByteStream::close() {
  if (!socket_.is_open()) return;
  if (tls_) tls_->close_notify();
  std::error_code ignored;
  socket_.close(ignored);
}

bool ByteStream::is_idle() {
  if (!socket_.is_open()) return false;
  if (tls_) return tls_->is_idle();
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

Error ByteStream::failure(const std::error_code& error) const {
  if (deadline_.expired()) return {Code::timeout, "the deadline passed", {}};
  if (!socket_.is_open() || error == asio::error::operation_aborted) {
    return {Code::cancelled, "the connection was closed", error.message()};
  }
  return {Code::broken, "the connection broke", error.message()};
}

}  // namespace base
