#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "gateway/pipeline/outcome.h"

namespace gateway::pipeline {

/// What became of calls and how long they took, by server; "" stands for tools that no server has.
/// Counts only grow. Thread-safe, and cheap enough for every call.
class CallMetrics {
 public:
  /// The words of `Outcome::Kind`, and one for an answer that is an error of the tool.
  static constexpr std::array<std::string_view, 5> outcomes = {"answered", "tool_error", "refused",
                                                               "failed", "unknown"};
  /// Upper bounds of the buckets of times, in microseconds.
  static constexpr std::array<std::int64_t, 13> bounds = {
      500,     1'000,   2'500,     5'000,     10'000,     25'000,    50'000,
      100'000, 250'000, 1'000'000, 5'000'000, 30'000'000, 300'000'000};

  struct Server {
    std::array<std::atomic<std::uint64_t>, outcomes.size()> calls{};
    std::array<std::atomic<std::uint64_t>, bounds.size() + 1> times{};  ///< not cumulated
    std::atomic<std::uint64_t> micros{0};
  };

  void count(std::string_view server, const Outcome& outcome, std::chrono::microseconds taken);
  void each(const std::function<void(const std::string& name, const Server& server)>& show) const;

 private:
  /// Names come from configurations, of which there may be many in one life.
  static constexpr std::size_t most_servers = 1'000;

  Server& server(std::string_view name);

  mutable std::shared_mutex mutex_;                   // guards the map, not what it holds
  std::map<std::string, Server, std::less<>> servers_;  // its nodes stay where they are
};

}  // namespace gateway::pipeline
