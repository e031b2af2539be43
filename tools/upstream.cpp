#include "tools/upstream.h"

#include <algorithm>
#include <random>

#include <asio/post.hpp>

#include "tools/http_link.h"
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

std::string for_people(const Error& error) {
  return error.detail.empty() ? error.message : error.message + " (" + error.detail + ")";
}

// Full jitter, so that gateways do not come back all at once.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return pause / 2 +
         std::chrono::milliseconds(generator() % static_cast<unsigned>(pause.count() / 2 + 1));
}

base::Task<Sent> not_sent(Error error) { co_return error; }

std::unique_ptr<UpstreamLink> make_link(const UpstreamSettings& settings,
                                        const Upstream::Dependencies& d,
                                        std::function<void(std::string)> on_lost,
                                        std::function<Anchor()> anchor) {
  if (std::holds_alternative<HttpServer>(settings.server)) {
    return std::make_unique<HttpLink>(settings, d.loops, d.limits, std::move(on_lost));
  }
  return std::make_unique<StdioLink>(settings, d.loops, d.keeper, d.limits, d.log,
                                     std::move(on_lost), std::move(anchor));
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

Upstream::Upstream(UpstreamSettings settings, const Dependencies& dependencies,
                   std::function<void()> on_change)
    : settings_(std::move(settings)),
      home_(dependencies.loops.at(0)),
      limits_(dependencies.limits),
      log_(dependencies.log),
      on_change_(std::move(on_change)),
      link_(make_link(
          settings_, dependencies,
          [this](std::string reason) { set_state(State::down, std::move(reason)); },
          [this] { return shared_from_this(); })) {
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

void Upstream::end_here() {
  if (!ended_.exchange(true)) link_->end();
}

// Posted: it may come back to the caller, who may hold a lock.
void Upstream::start() {
  asio::post(home_.io(), [self = shared_from_this()] {
    self->home_.spawn(self->keep_discovered(self));
  });
}

void Upstream::restart() { restart_asked_ = true; }

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

// Until it is lost, or to be restarted.
base::Task<void> Upstream::watch() {
  const auto since = std::chrono::steady_clock::now();
  while (ready() && !restart_asked_ && !ended_ && co_await home_.sleep(alive_check)) link_->tend();
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
    if (!co_await home_.sleep(restart_check)) co_return;
  }
  if (restart_asked_.exchange(false)) policy_.reset();
}

base::Task<base::Status> Upstream::discover() {
  auto found = co_await link_->discover();
  if (!found) co_return found.error();
  if (ended_) co_return Error{Code::unavailable, not_configured, {}};
  auto tools = std::make_shared<ServerTools>();
  tools->server = settings_.name;
  tools->prefix = settings_.prefix;
  tools->trusted = settings_.trusted;
  tools->tools = compile_tools(std::move(found->tools), limits_);
  {
    const std::lock_guard lock(mutex_);
    status_ = {State::ready, "", std::chrono::system_clock::now(), found->handshake.revision};
    tools_ = std::move(tools);
  }
  // It may have been lost before it was ready.
  if (!link_->usable()) set_state(State::down, "it ended right after its start");
  settled_ = true;
  on_change_();
  was_asked_ = true;
  co_return base::Status{};
}

// The tools stay listed: a call then fails with a sentence instead of an unknown tool.
void Upstream::set_state(State state, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (status_.state != state) status_.since = std::chrono::system_clock::now();
  status_.state = state;
  status_.reason = std::move(reason);
}

base::Task<Sent> Upstream::call(base::Loop& loop, const policies::Permit& permit,
                                std::string session, const ServerTool& tool,
                                const mcp::ToolArguments& arguments, mcp::CallOptions options) {
  if (permit.server() != settings_.name || permit.tool() != tool.name) {
    return not_sent({Code::internal, "the permit is for another tool", permit.rule()});
  }
  if (ended_) return not_sent({Code::unavailable, not_configured, {}});
  if (!link_->usable()) {
    const std::string reason = status().reason;
    return not_sent({Code::unavailable, reason.empty() ? "it is still connecting" : reason, {}});
  }
  const mcp::ToolCall outgoing{tool.name, arguments, tool.param_headers, options};
  return link_->call(loop, Caller{permit.agent(), std::move(session)}, outgoing);
}

UpstreamStatus Upstream::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::shared_ptr<const ServerTools> Upstream::tools() const {
  const std::lock_guard lock(mutex_);
  return tools_;
}

}  // namespace tools
