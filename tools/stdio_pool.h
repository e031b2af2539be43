#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tools/restart_policy.h"
#include "tools/stdio_instance.h"
#include "tools/upstream_link.h"

namespace tools {

/// Children of one server by owner: started when an owner first calls, ended when it no longer
/// does. Bounded: past `instances`, one that is idle makes room. One owner's crashes are its own.
/// Thread-safe.
class StdioPool {
 public:
  using Starter = std::function<base::Task<StdioStarter::Started>(StdioStarter::OnEnd)>;

  /// `start` runs on `home`. What runs for the pool holds what `anchor` returns.
  StdioPool(base::Loop& home, const base::Limits& limits, Starter start,
            std::function<Anchor()> anchor)
      : home_(home), limits_(limits), start_(std::move(start)), anchor_(std::move(anchor)) {}

  /// The owner's child, started if need be. Code::unavailable with the reason when it has none and
  /// gets none now, or when whoever waits for its start has cancelled; the start goes on.
  base::Task<StdioStarter::Started> of(std::string owner, base::Cancellation* cancellation);
  /// Ends those that were idle for long.
  void tend(base::SteadyTime now);
  void end_all();
  std::size_t size() const;

 private:
  using Waiter = std::function<void(StdioStarter::Started)>;
  struct Slot {
    std::shared_ptr<StdioInstance> instance;
    bool starting = false;
    bool dropped = false;  // no longer in the pool
    std::vector<Waiter> waiters;
    RestartPolicy policy;
    base::SteadyTime not_before{};
    std::string why;  // its last one ended
    base::SteadyTime used{};

    bool is_idle() const { return !starting && (!instance || instance->channel->pending() == 0); }
  };
  using SlotPointer = std::shared_ptr<Slot>;

  void ask(const std::string& owner, Waiter waiter);
  base::Result<SlotPointer> slot_of(const std::string& owner, base::SteadyTime now);
  bool make_room();
  base::Task<void> start(SlotPointer slot, Anchor alive);
  void note_end(const SlotPointer& slot, const std::string& reason);
  static void drop(const SlotPointer& slot, const char* reason);

  base::Loop& home_;
  const base::Limits& limits_;
  Starter start_;
  std::function<Anchor()> anchor_;
  mutable std::mutex mutex_;
  std::map<std::string, SlotPointer> slots_;  // guarded by mutex_, with what they point to
};

}  // namespace tools
