#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <asio/thread_pool.hpp>

#include "base/log.h"
#include "base/process_keeper.h"
#include "policies/permit.h"
#include "tools/catalog.h"
#include "tools/circuit_breaker.h"
#include "tools/refresh_pace.h"
#include "tools/restart_policy.h"
#include "tools/retry_budget.h"
#include "tools/upstream_link.h"
#include "tools/upstream_settings.h"

namespace tools {

/// How a server fares, for people.
struct UpstreamStatus {
  enum class State {
    connecting,
    ready,
    down,     ///< tried again after a pause
    stopped,  ///< not tried again before somebody asks for it
  } state = State::connecting;
  std::string reason;  ///< why it is down or stopped, or ""
  std::chrono::system_clock::time_point since;
  std::optional<mcp::Revision> revision;
  CircuitBreaker::State breaker = CircuitBreaker::State::closed;
};
std::string_view to_string(UpstreamStatus::State state);

/// How it is asked for.
const mcp::CallMethod& method_of(policies::Primitive primitive);

/// One MCP server behind the gateway: discovered in the background and again after it was lost,
/// called from any event loop. Nothing of it delays other servers (invariant 11). Thread-safe.
///
/// Whoever may still call it holds a handle. When the last one goes, on whatever thread, what runs
/// for the server ends, and it is freed when nothing of that is left.
class Upstream : public std::enable_shared_from_this<Upstream> {
 public:
  struct Dependencies {
    base::EventLoops& loops;
    const base::Limits& limits;
    base::ProcessKeeper& keeper;
    base::Log& log;
    asio::thread_pool& workshop;  ///< where definitions are made ready: no event loop waits for that
  };

  /// `on_change` is called on loop 0 whenever the tools changed, and when the first attempt to
  /// reach the server has failed.
  static std::shared_ptr<Upstream> make(UpstreamSettings settings, const Dependencies& dependencies,
                                        std::function<void()> on_change);
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  ~Upstream();

  /// Begins discovery on loop 0.
  void start();
  /// Ends what runs for it and discovers it again, even when it was given up.
  void restart();
  /// Ends what runs for it; calls find it gone from then on.
  void end();
  /// Changes of what it offers are of no interest any more.
  void stop_listening();

  /// As long as one lives, somebody waits for an answer.
  class Use {
   public:
    explicit Use(Upstream& upstream) : uses_(upstream.uses_) { ++uses_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { --uses_; }

   private:
    std::atomic<std::size_t>& uses_;
  };
  std::size_t uses() const { return uses_; }

  /// Sends a call that policy permitted; a permit for another server, another name or another kind
  /// of thing is Code::internal, and nothing is sent. `session` is the caller's, or "". What `call`
  /// refers to lives until the task ends. Other errors are those of mcp::Exchange, with messages
  /// that say what the server did.
  base::Task<base::Result<std::unique_ptr<mcp::Exchange>>> call(
      base::Loop& loop, const policies::Permit& permit, std::string session, mcp::ServerCall call);

  /// Why no call may go out now, because the last ones failed; nullopt when one may. What becomes of
  /// it is then to be told.
  std::optional<base::Error> refuse();
  void note_answer();
  /// The call failed after `taken`.
  void note_failure(const base::Error& error, std::chrono::steady_clock::duration taken);
  /// Whether one more repetition fits into what may be repeated; counts it.
  bool may_repeat() { return retries_.spend(); }
  /// Whether the server is there but not ready for calls, such as after the end of a session.
  bool settling() const { return state_ == UpstreamStatus::State::connecting; }
  /// Waits for the end of that, but not for long, nor for somebody who has gone.
  base::Task<void> settle(base::Loop& loop, const base::Cancellation* cancellation);
  /// A text of the server, or about it, without the secrets that it was given.
  std::string shown(std::string text) const;

  const std::string& name() const { return settings_.name; }
  const UpstreamSettings& settings() const { return settings_; }
  /// Whether the first attempt to reach it has ended, well or not.
  bool settled() const { return settled_; }
  UpstreamStatus status() const;
  /// The same, and on_change has been told of it.
  bool was_asked() const { return was_asked_; }
  std::size_t instances() const { return link_->instances(); }
  /// nullptr: it offers none (yet).
  std::shared_ptr<const ServerTools> tools() const;

 private:
  Upstream(UpstreamSettings settings, const Dependencies& dependencies,
           std::function<void()> on_change);
  LinkEvents link_events();
  static void retire(std::shared_ptr<Upstream> upstream);
  void end_here();
  bool over() const { return ended_ || home_.ending(); }
  base::Task<void> keep_discovered(std::shared_ptr<Upstream> alive);
  base::Task<void> watch();
  base::Task<void> pause_after_failure();
  base::Task<base::Status> discover();
  base::Task<bool> refresh();
  base::Task<bool> take(Discovery found);
  struct Prepared;
  base::Task<Prepared> prepare(mcp::Offers offers);
  std::shared_ptr<ServerTools> make_tools(mcp::Offers offers) const;
  base::Task<void> pause(std::chrono::milliseconds time);
  void wake();
  void set_state(UpstreamStatus::State state, std::string reason);
  bool ready() const { return status().state == UpstreamStatus::State::ready; }

  const UpstreamSettings settings_;
  base::Loop& home_;
  const base::Limits& limits_;
  base::Log& log_;
  asio::thread_pool& workshop_;
  std::function<void()> on_change_;
  std::unique_ptr<UpstreamLink> link_;
  CircuitBreaker breaker_;
  RetryBudget retries_;
  // Of loop 0 alone:
  RestartPolicy policy_;
  base::Timer alarm_;        // ends pause()
  RefreshPace refreshes_;
  std::string fingerprint_;  // of what it offers, as the server listed it
  // Of all:
  std::atomic<bool> refresh_asked_{false}, rediscovery_asked_{false};
  std::atomic<UpstreamStatus::State> state_{UpstreamStatus::State::connecting};  // as in status_
  std::atomic<bool> restart_asked_{false}, settled_{false}, was_asked_{false}, ended_{false};
  std::atomic<std::size_t> uses_{0};

  mutable std::mutex mutex_;  // guards what follows
  UpstreamStatus status_;
  std::shared_ptr<const ServerTools> tools_;
};

}  // namespace tools
