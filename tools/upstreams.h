#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "tools/upstream.h"

namespace tools {

/// The servers of one configuration, in its order. Immutable: what changes is how they fare.
class UpstreamSet {
 public:
  using Handle = std::shared_ptr<Upstream>;

  explicit UpstreamSet(std::vector<Handle> all) : all_(std::move(all)) {}

  /// nullptr: there is none of this name.
  Upstream* find(std::string_view name) const;
  const std::vector<Handle>& all() const { return all_; }
  /// Whether each has been asked for its tools once, successfully or not.
  bool were_asked() const;
  /// What every server offers now; those that were never reached are left out.
  std::vector<std::shared_ptr<const ServerTools>> tools() const;

 private:
  std::vector<Handle> all_;
};

/// Keeps the servers that the configuration in force wants. Thread-safe. Its loops must have
/// stopped before it is destroyed, and sets may outlive it by then.
class Upstreams {
 public:
  /// How long a changed server is served by its predecessor while it is not reached.
  static constexpr std::chrono::seconds takeover{5};
  /// How often a removed server that calls to other servers keep alive is asked whether it is idle.
  static constexpr std::chrono::seconds idle_check{10};

  /// `on_change` is called on loop 0: the set or what it offers is another.
  Upstreams(std::vector<UpstreamSettings> settings, base::EventLoops& loops,
            const base::Limits& limits, base::Log& log, std::function<void()> on_change);

  /// Begins discovery; at most once.
  void start();
  /// From now on these, in this order. A server whose settings are equal stays, with its
  /// connections, children and sessions. A changed one is started anew beside itself, and takes
  /// over when it was reached, could not be, or `takeover` has passed. One that is gone ends when
  /// nobody can call it any more, or is idle at an `idle_check`. on_change is not called.
  void replace(std::vector<UpstreamSettings> settings);

  /// No more calls will be made: changes of what servers offer are of no interest any more.
  void drain();

  std::shared_ptr<const UpstreamSet> current() const;
  /// Those that are in no set any more, but still carry calls out.
  std::vector<UpstreamSet::Handle> leaving() const;

 private:
  struct Entry {
    UpstreamSet::Handle serving, successor;
  };

  Entry entry_for(UpstreamSettings settings, std::vector<UpstreamSet::Handle>& made);
  void note_change();
  bool take_over(bool at_once);
  void build_set();
  void leave(const UpstreamSet::Handle& upstream);
  base::Task<void> take_over_later();
  base::Task<void> end_when_idle(std::weak_ptr<Upstream> gone);

  base::Loop& home_;
  base::ProcessKeeper keeper_;  // destroyed last: what runs ends with it
  asio::thread_pool workshop_{1};
  const Upstream::Dependencies dependencies_;
  std::function<void()> on_change_;

  mutable std::mutex mutex_;  // guards what follows
  bool started_ = false;
  std::vector<Entry> entries_;
  std::shared_ptr<const UpstreamSet> set_;
  std::vector<std::weak_ptr<Upstream>> leaving_;
};

}  // namespace tools
