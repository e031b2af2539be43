#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/event_loops.h"
#include "base/result.h"
#include "mcp/jsonrpc.h"

namespace mcp {

/// What one request waits for, on its own event loop: notifications about it, then its response.
class StdioAnswer {
 public:
  struct Arrival {
    base::Result<Message> message;
    std::size_t bytes;
  };

  explicit StdioAnswer(base::Loop& loop) : loop_(loop), timer_(loop.io()) {}

  /// The response, or why there is none. From any thread; only the first counts.
  static void give(const std::shared_ptr<StdioAnswer>& answer, base::Result<Message> message,
                   std::size_t bytes);
  /// A notification; from any thread. Dropped behind the response, and while more wait already than
  /// anybody could want to read.
  static void add(const std::shared_ptr<StdioAnswer>& answer, Notification notification,
                  std::size_t bytes);
  /// On its loop: waits until something arrives, or the deadline passes, or it is woken or the loop
  /// ends; look again then.
  base::Task<void> wait(base::SteadyTime deadline);
  void wake() { timer_.cancel(); }
  std::optional<Arrival> take();

 private:
  base::Loop& loop_;
  base::Timer timer_;
  std::mutex mutex_;  // guards what follows
  std::deque<Arrival> arrivals_;
  bool given_ = false;
};

}  // namespace mcp
