#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mcp/client.h"
#include "mcp/stdio_channel.h"
#include "tools/upstream_link.h"
#include "tools/upstream_settings.h"

namespace tools {

/// One child of a stdio server, after its handshake.
struct StdioInstance {
  std::shared_ptr<mcp::StdioChannel> channel;
  mcp::Handshake handshake;
  std::atomic<std::int64_t> ids{0};
  base::SteadyTime started = std::chrono::steady_clock::now();
};

/// Starts children of one server and finds out which protocol they speak. Belongs to its loop.
class StdioStarter {
 public:
  using OnEnd = std::function<void(const std::string& reason)>;
  using Started = base::Result<std::shared_ptr<StdioInstance>>;

  /// Children live on `home`. All of it must outlive what is started.
  StdioStarter(const UpstreamSettings& settings, base::Loop& home, base::ProcessKeeper& keeper,
               const base::Limits& limits, base::Log& log, std::function<void()> on_offers_changed)
      : settings_(settings),
        home_(home),
        keeper_(keeper),
        limits_(limits),
        log_(log),
        on_offers_changed_(std::move(on_offers_changed)) {}

  /// A child that has shaken hands within the server's start_timeout. `on_end` is told on the loop,
  /// once, when it ends after that. A child that does not answer the question for the modern
  /// protocol, or ends over it, is replaced by one that is not asked (protocol.md §3.2); the
  /// verdict is kept for the next start.
  base::Task<Started> start(OnEnd on_end);
  /// What is being started ends, and nothing is started any more.
  void end();

 private:
  base::Task<Started> attempt(std::optional<mcp::Era> era, base::SteadyTime deadline, OnEnd on_end);

  const UpstreamSettings& settings_;
  base::Loop& home_;
  base::ProcessKeeper& keeper_;
  const base::Limits& limits_;
  base::Log& log_;
  std::function<void()> on_offers_changed_;
  std::optional<mcp::Era> found_;
  base::SteadyTime found_at_{};
  std::vector<std::weak_ptr<mcp::StdioChannel>> starting_;
  bool ended_ = false;
};

}  // namespace tools
