#pragma once

#include <array>
#include <asio.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/bench/frame.h"

namespace bench {

using Clock = std::chrono::steady_clock;

/// Where the calls go, and as whom.
struct Target {
  std::string host;
  std::string port;
  std::string path;
  std::string key;
  std::string tool;
};

/// One correct `tools/call` of 2026-07-28. Its text is rendered once; only the id changes, and it
/// is the message too.
class CallTemplate {
 public:
  explicit CallTemplate(const Target& target);

  /// Every id has ten digits, so that all calls are of one length.
  std::string render(std::uint64_t id) const;

 private:
  std::string before_id_, after_id_, after_message_;
};

/// A keep-alive connection with at most one call in flight.
class Connection {
 public:
  /// Called once per call: when it was meant to leave, and what was wrong with the answer ("" for
  /// nothing).
  using Done = std::function<void(Connection&, Clock::time_point, const std::string&)>;

  Connection(asio::io_context& loop, asio::ip::tcp::endpoint endpoint, const CallTemplate& calls,
             Done done);

  /// Connects; throws std::system_error when nobody listens.
  void open();
  /// Sends the call `id`. Its latency counts from `intended`.
  void send(std::uint64_t id, Clock::time_point intended);

 private:
  void read();
  void received(std::size_t size);
  std::string judge(const Frame& frame) const;
  void finish(const std::string& wrong, bool reopen);

  asio::ip::tcp::endpoint endpoint_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer pause_;
  const CallTemplate& calls_;
  Done done_;
  std::uint64_t id_ = 0;
  Clock::time_point intended_;
  std::array<char, 16 * 1024> chunk_;
  std::string buffer_;
};

}  // namespace bench
