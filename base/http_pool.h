#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/bound.h"
#include "base/byte_stream.h"
#include "base/http_client.h"
#include "base/read_buffer.h"

namespace base {

/// Counts as one of the pool's connections, from before it is made until it is closed.
class HttpPlace {
 public:
  explicit HttpPlace(std::shared_ptr<HttpPool> pool);
  HttpPlace(HttpPlace&&) noexcept = default;
  ~HttpPlace();

  const std::shared_ptr<HttpPool>& pool() const { return pool_; }

 private:
  std::shared_ptr<HttpPool> pool_;
};

/// A client connection and what was read beyond the last response.
struct HttpConnection {
  HttpConnection(ByteStream::Socket socket, Watchdog& watchdog, HttpPlace at)
      : stream(std::move(socket), watchdog, ByteStream::OnExpiry::close), place(std::move(at)) {}

  ByteStream stream;
  ReadBuffer buffer;
  SteadyTime idle_since{};
  HttpPlace place;
};

/// The idle connections to one origin, the most recently used first, and the count of all, those
/// that are being made too.
class HttpPool {
 public:
  static constexpr std::chrono::seconds idle_timeout{30};

  /// `limit` outlives the pool's client.
  explicit HttpPool(const Bound<std::size_t>& limit) : limit_(limit) {}

  /// An idle connection that still looks alive, or nullptr.
  std::unique_ptr<HttpConnection> take();
  void give_back(std::unique_ptr<HttpConnection> connection);
  /// No more connections are kept from now on.
  void close();

  bool full() const { return places_ >= limit_; }

 private:
  friend class HttpPlace;
  const Bound<std::size_t>& limit_;
  std::size_t places_ = 0;
  bool closed_ = false;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

}  // namespace base
