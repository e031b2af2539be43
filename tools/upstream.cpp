#include "tools/upstream.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "base/hidden_text.h"
#include "tools/http_link.h"
#include "tools/jitter.h"
#include "tools/stdio_link.h"

namespace tools {
namespace {

using base::Code;
using base::Error;
using base::Result;

using State = UpstreamStatus::State;
using Sent = Result<std::unique_ptr<mcp::Exchange>>;

constexpr std::chrono::milliseconds alive_check{500};
constexpr std::chrono::milliseconds restart_check{100};
constexpr std::chrono::milliseconds least_between_discoveries{250};
constexpr std::chrono::seconds costly{1};
constexpr std::chrono::milliseconds settle_check{20};
constexpr std::chrono::seconds settle_patience{5};

// Give or take a tenth, so that servers are not asked all at once.
std::chrono::milliseconds with_spread(std::chrono::milliseconds time) {
  return time * 9 / 10 + with_jitter(time / 5);
}

std::string for_people(const Error& error) {
  return error.detail.empty() ? error.message : error.message + " (" + error.detail + ")";
}

// Whether it says that the server is not well. A connection that was refused at once cost nothing;
// an answer beyond a bound is an answer: who asks for such must not shut others out.
bool counts_as_failure(const Error& error, std::chrono::steady_clock::duration taken) {
  if (error.code == Code::unavailable) return taken >= costly;
  return error.code == Code::timeout || error.code == Code::broken;
}

base::Task<Sent> not_sent(Error error) { co_return error; }

std::unique_ptr<UpstreamLink> make_link(const UpstreamSettings& settings,
                                        const Upstream::Dependencies& d,
                                        LinkEvents events, std::function<Anchor()> anchor) {
  if (std::holds_alternative<HttpServer>(settings.server)) {
    return std::make_unique<HttpLink>(settings, d.loops, d.limits, d.log, std::move(events),
                                      std::move(anchor));
  }
  return std::make_unique<StdioLink>(settings, d.loops, d.keeper, d.limits, d.log,
                                     std::move(events), std::move(anchor));
}

}  // namespace

std::string_view to_string(UpstreamStatus::State state) {
  switch (state) {
    case State::connecting:
      return "connecting";
    case State::ready:
      return "ready";
    case State::down:
      return "down";
    case State::stopped:
      return "stopped";
  }
  return "down";
}

const mcp::CallMethod& method_of(policies::Primitive primitive) {
  if (primitive == policies::Primitive::tool) return mcp::tools_call;
  return primitive == policies::Primitive::prompt ? mcp::prompts_get : mcp::resources_read;
}

Upstream::Upstream(UpstreamSettings settings, const Dependencies& dependencies,
                   std::function<void()> on_change)
    : settings_(std::move(settings)),
      home_(dependencies.loops.at(0)),
      limits_(dependencies.limits),
      log_(dependencies.log),
      workshop_(dependencies.workshop),
      on_change_(std::move(on_change)),
      link_(make_link(settings_, dependencies, link_events(), [this] { return shared_from_this(); })),
      alarm_(home_.io()) {
  status_.since = std::chrono::system_clock::now();
}

Upstream::~Upstream() = default;

// Handles have a count of their own: what runs for the server holds it as well, but wants nothing
// of it.
std::shared_ptr<Upstream> Upstream::make(UpstreamSettings settings,
                                         const Dependencies& dependencies,
                                         std::function<void()> on_change) {
  std::shared_ptr<Upstream> upstream(
      new Upstream(std::move(settings), dependencies, std::move(on_change)));
  Upstream* const address = upstream.get();
  return {address,
          [upstream = std::move(upstream)](Upstream*) mutable { retire(std::move(upstream)); }};
}

void Upstream::retire(std::shared_ptr<Upstream> upstream) {
  upstream->end();
}

void Upstream::end() {
  if (home_.finished()) return end_here();
  asio::post(home_.io(), [self = shared_from_this()] { self->end_here(); });
}

void Upstream::stop_listening() {
  if (home_.finished()) return;
  asio::post(home_.io(), [self = shared_from_this()] { self->link_->stop_listening(); });
}

void Upstream::end_here() {
  if (ended_.exchange(true)) return;
  link_->end();
  alarm_.cancel();
}

// Posted: it may come back to the caller, who may hold a lock.
void Upstream::start() {
  asio::post(home_.io(), [self = shared_from_this()] {
    self->home_.spawn(self->keep_discovered(self));
  });
}

LinkEvents Upstream::link_events() {
  return {[this](std::string reason) {
            set_state(State::down, std::move(reason));
            wake();
          },
          [this] {
            set_state(State::connecting, "its session ended");
            wake();
          },
          [this] {
            if (!refresh_asked_.exchange(true)) wake();
          }};
}

void Upstream::restart() {
  restart_asked_ = true;
  wake();
}

// From any thread: what waits on loop 0 looks again at what there is to do.
void Upstream::wake() {
  if (home_.finished()) return;
  asio::post(home_.io(), [self = shared_from_this()] { self->alarm_.cancel(); });
}

base::Task<void> Upstream::pause(std::chrono::milliseconds time) {
  base::Deadline ending(home_.watchdog(), [this] { alarm_.cancel(); });
  alarm_.expires_after(time);
  std::error_code ignored;
  co_await alarm_.async_wait(asio::redirect_error(base::use_task, ignored));
}

// Discovers; when that fails or the server is lost later, tries again with growing pauses.
base::Task<void> Upstream::keep_discovered(std::shared_ptr<Upstream>) {
  while (!over()) {
    auto discovered = co_await discover();
    if (ended_) link_->end();  // what was started meanwhile
    if (over()) co_return;
    if (discovered) {
      co_await watch();
    } else {
      set_state(State::down, for_people(discovered.error()));
      if (!settled_.exchange(true)) on_change_();
      was_asked_ = true;
    }
    if (over()) co_return;
    if (restart_asked_.exchange(false)) {
      link_->reset();
      policy_.reset();
      set_state(State::connecting, "");
    } else if (!discovered || link_->can_crash()) {
      co_await pause_after_failure();
    }
  }
}

// Until it is lost, or to be restarted. What it offers is asked for again when it says so, and from
// time to time.
base::Task<void> Upstream::watch() {
  const auto since = std::chrono::steady_clock::now();
  auto next = since + with_spread(settings_.refresh);
  while (ready() && !restart_asked_ && !over()) {
    const auto now = std::chrono::steady_clock::now();
    const bool asked = refresh_asked_ && refreshes_.due(now);
    if (asked || now >= next) {
      refresh_asked_ = false;
      const bool news = co_await refresh();
      refreshes_.asked(std::chrono::steady_clock::now(), news);
      next = std::chrono::steady_clock::now() + with_spread(settings_.refresh);
      continue;
    }
    co_await pause(alive_check);
    link_->tend();
  }
  rediscovery_asked_ = false;
  // One that is lost by every call is not asked again by every call.
  const auto earliest = since + least_between_discoveries;
  for (auto now = since; now < earliest && !over(); now = std::chrono::steady_clock::now()) {
    co_await pause(std::chrono::ceil<std::chrono::milliseconds>(earliest - now));
  }
  if (link_->can_crash()) {
    policy_.lived(since, std::chrono::steady_clock::now());
  } else {
    policy_.reset();
  }
}

base::Task<void> Upstream::pause_after_failure() {
  const auto now = std::chrono::steady_clock::now();
  const auto end = now + with_jitter(policy_.failed(now));
  const UpstreamStatus failed = status();
  log_.write(base::LogLevel::warn, "server_down",
             {{"server", settings_.name}, {"reason", failed.reason}});
  const bool given_up = link_->can_crash() && policy_.is_crash_loop();
  if (given_up) {
    set_state(State::stopped, "it ended or failed to start " +
                                  std::to_string(RestartPolicy::crash_loop) +
                                  " times within 5 minutes; `sluice servers restart " +
                                  settings_.name + "` tries again; last: " + failed.reason);
  }
  while ((given_up || std::chrono::steady_clock::now() < end) && !restart_asked_ && !ended_) {
    if (rediscovery_asked_.exchange(false) || settling()) break;
    if (home_.ending()) co_return;
    co_await pause(restart_check);
  }
  if (restart_asked_.exchange(false)) policy_.reset();
}

base::Task<base::Status> Upstream::discover() {
  auto found = co_await link_->discover();
  if (!found) co_return found.error();
  if (ended_) co_return Error{Code::unavailable, not_configured, {}};
  (void)co_await take(std::move(*found));
  if (ended_) co_return Error{Code::unavailable, not_configured, {}};
  refreshes_ = {};
  refreshes_.asked(std::chrono::steady_clock::now(), true);
  // It may have been lost before it was ready.
  if (!link_->usable()) set_state(State::down, "it ended right after its start");
  breaker_.succeeded();
  co_return base::Status{};
}

// Whether it offers something else than before.
base::Task<bool> Upstream::refresh() {
  auto found = co_await link_->refresh();
  if (!found) {
    // A child that does not answer this may still answer calls.
    if (link_->can_crash()) co_return false;
    set_state(found.error().code == Code::not_found ? State::connecting : State::down,
              for_people(found.error()));
    co_return false;
  }
  if (!*found) co_return false;
  const bool is_news = co_await take(std::move(**found));
  if (!link_->usable() && ready()) {
    set_state(link_->can_crash() ? State::down : State::connecting, "it was lost meanwhile");
  }
  co_return is_news;
}

// The tools stay listed: a call then fails with a sentence instead of an unknown tool.
void Upstream::set_state(State state, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (status_.state != state) status_.since = std::chrono::system_clock::now();
  status_.state = state_ = state;
  status_.reason = base::hide_values(reason, settings_.hidden);
}

base::Task<Sent> Upstream::call(base::Loop& loop, const policies::Permit& permit,
                                std::string session, mcp::ServerCall call) {
  if (permit.server() != settings_.name || permit.name() != call.name ||
      method_of(permit.primitive()).method != call.method.method) {
    return not_sent({Code::internal, "the permit is for something else", permit.rule()});
  }
  if (ended_) return not_sent({Code::unavailable, not_configured, {}});
  retries_.earn();
  if (!link_->usable()) {
    const std::string reason = status().reason;
    return not_sent({Code::unavailable, reason.empty() ? "it is still connecting" : reason, {}});
  }
  return link_->call(loop, Caller{permit.agent(), std::move(session)}, call);
}

std::optional<Error> Upstream::refuse() {
  const auto now = std::chrono::steady_clock::now();
  if (breaker_.admit(now)) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::seconds>(breaker_.pause_left(now)).count();
  return Error{Code::unavailable,
               "its last " + std::to_string(CircuitBreaker::failures_to_open) +
                   " calls failed, and it is left alone for " + std::to_string(left) + " s more",
               {}};
}

void Upstream::note_answer() {
  breaker_.succeeded();
  // It is back, before its next discovery was due.
  if (state_ == State::down && !rediscovery_asked_.exchange(true)) wake();
}

void Upstream::note_failure(const Error& error, std::chrono::steady_clock::duration taken) {
  const bool turned_away = error.code == Code::refused || error.code == Code::unauthorized ||
                           error.code == Code::not_found;
  if (turned_away) return note_answer();
  if (!counts_as_failure(error, taken)) return breaker_.undecided();
  breaker_.failed(std::chrono::steady_clock::now());
}

base::Task<void> Upstream::settle(base::Loop& loop, const base::Cancellation* cancellation) {
  const auto end = std::chrono::steady_clock::now() + settle_patience;
  while (settling() && std::chrono::steady_clock::now() < end) {
    if (cancellation != nullptr && cancellation->requested()) co_return;
    if (!co_await loop.sleep(settle_check)) co_return;
  }
}

std::string Upstream::shown(std::string text) const {
  return settings_.hidden.empty() ? std::move(text) : base::hide_values(text, settings_.hidden);
}

UpstreamStatus Upstream::status() const {
  const std::lock_guard lock(mutex_);
  UpstreamStatus status = status_;
  status.breaker = breaker_.state();
  return status;
}

std::shared_ptr<const ServerTools> Upstream::tools() const {
  const std::lock_guard lock(mutex_);
  return tools_;
}

}  // namespace tools
