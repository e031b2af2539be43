#pragma once

#include <chrono>
#include <cstddef>

#include "base/bound.h"
#include "base/json.h"

namespace base {

/// Every bound on what comes from outside (design §7; security-reliability.md §1), with its
/// default. The table in docs/configuration.md shows the same values; the key `limits:` sets them,
/// also while they are in use: each by itself.
struct Limits {
  using Size = Bound<std::size_t>;
  using Time = Bound<std::chrono::milliseconds>;

  // What a client may send.
  Size request_line = 8 << 10;
  Size head = 16 << 10;
  Size header_fields = 64;
  Size header_field = 8 << 10;
  Size body = 1 << 20;
  Time head_timeout{std::chrono::milliseconds(10'000)};
  /// A body must arrive at `body_rate` or faster after this.
  Time body_grace{std::chrono::milliseconds(5'000)};
  Size body_rate = 1 << 10;  ///< bytes per second
  Time idle_timeout{std::chrono::milliseconds(75'000)};   ///< of a kept-alive client connection
  Time write_timeout{std::chrono::milliseconds(30'000)};  ///< of an answer without progress

  // How much at once.
  Size connections = 16'384;
  Size calls_in_flight = 4'096;
  Size sessions_per_agent = 256;
  Time session_idle{std::chrono::milliseconds(3'600'000)};
  Size streams = 16'384;  ///< event streams that stay open, of all agents
  Size streams_per_agent = 1'024;
  Size stream_outbox = 1 << 20;  ///< events that a client has not taken yet
  Time stream_keep_alive{std::chrono::milliseconds(15'000)};  ///< between comments on a silent stream

  // What a client is shown.
  Size tools_page = 500;    ///< tools, prompts or resources in one answer that lists them
  Size exported_name = 50;  ///< characters of a tool's or prompt's name, 16 to 128

  // Every JSON document.
  JsonLimits json;

  // What an upstream may send.
  Size result = 4 << 20;
  Size notification = 64 << 10;  ///< that is passed on to a client
  Size upstream_head = 64 << 10;
  Size upstream_tools = 512;
  Size upstream_pages = 64;
  Size tool_definition = 64 << 10;
  Size upstream_prompts = 512;
  Size upstream_resources = 2'048;
  Size upstream_templates = 128;
  Size listed_definition = 16 << 10;  ///< of a prompt, a resource or a template
  Size upstream_connections = 2'048;  ///< per server and event loop
  Size instances = 32;                ///< of a stdio server that has several
  Time instance_idle{std::chrono::milliseconds(600'000)};
};

}  // namespace base
