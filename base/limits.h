#pragma once

#include <chrono>
#include <cstddef>

#include "base/json.h"

namespace base {

/// Every bound on what comes from outside (design §7; security-reliability.md §1), with its
/// default. The table in docs/configuration.md shows the same values; the key `limits:` sets them.
struct Limits {
  // What a client may send.
  std::size_t request_line = 8 << 10;
  std::size_t head = 16 << 10;
  std::size_t header_fields = 64;
  std::size_t header_field = 8 << 10;
  std::size_t body = 1 << 20;
  std::chrono::milliseconds head_timeout{10'000};
  std::chrono::milliseconds body_grace{
      5'000};                       ///< a body must then arrive at `body_rate` or faster
  std::size_t body_rate = 1 << 10;  ///< bytes per second
  std::chrono::milliseconds idle_timeout{75'000};   ///< of a kept-alive client connection
  std::chrono::milliseconds write_timeout{30'000};  ///< of an answer without progress

  // How much at once.
  std::size_t connections = 16'384;
  std::size_t calls_in_flight = 4'096;
  std::size_t sessions_per_agent = 256;
  std::chrono::milliseconds session_idle{3'600'000};
  std::size_t streams = 16'384;  ///< event streams that stay open, of all agents
  std::size_t streams_per_agent = 1'024;
  std::size_t stream_outbox = 1 << 20;                  ///< events that a client has not taken yet
  std::chrono::milliseconds stream_keep_alive{15'000};  ///< between comments on a silent stream

  // Every JSON document.
  JsonLimits json;

  // What an upstream may send.
  std::size_t result = 4 << 20;
  std::size_t notification = 64 << 10;  ///< that is passed on to a client
  std::size_t upstream_head = 64 << 10;
  std::size_t upstream_tools = 512;
  std::size_t upstream_pages = 64;
  std::size_t tool_definition = 64 << 10;
  std::size_t upstream_connections = 2'048;  ///< per server and event loop
  std::size_t instances = 32;                ///< of a stdio server that has several
  std::chrono::milliseconds instance_idle{600'000};
};

}  // namespace base
