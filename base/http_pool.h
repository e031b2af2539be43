#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/bound.h"
#include "base/byte_stream.h"
#include "base/http_client.h"
#include "base/read_buffer.h"

namespace base {

/// A client connection and what was read beyond the last response.
struct HttpConnection {
  HttpConnection(ByteStream::Socket socket, Watchdog& watchdog, std::shared_ptr<HttpPool> owner);
  ~HttpConnection();

  ByteStream stream;
  ReadBuffer buffer;
  SteadyTime idle_since{};
  std::shared_ptr<HttpPool> pool;  // counts this connection
};

/// The idle connections to one origin, the most recently used first, and the count of all.
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

  bool full() const { return open_ >= limit_; }

 private:
  friend struct HttpConnection;
  const Bound<std::size_t>& limit_;
  std::size_t open_ = 0;
  bool closed_ = false;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

}  // namespace base
