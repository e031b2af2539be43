#include "tools/upstream.h"

#include <algorithm>
#include <random>

namespace tools {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::chrono::milliseconds first_pause{250};
constexpr std::chrono::milliseconds longest_pause{30'000};
constexpr std::chrono::milliseconds alive_check{500};

std::string for_people(const Error& error) {
  return error.detail.empty() ? error.message : error.message + " (" + error.detail + ")";
}

// Full jitter, so that gateways do not come back all at once.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return pause / 2 +
         std::chrono::milliseconds(generator() % static_cast<unsigned>(pause.count() / 2 + 1));
}

}  // namespace

std::string_view to_string(UpstreamStatus::State state) {
  switch (state) {
    case UpstreamStatus::State::connecting:
      return "connecting";
    case UpstreamStatus::State::ready:
      return "ready";
    case UpstreamStatus::State::down:
      return "down";
  }
  return "down";
}

Upstream::Connector::Connector(base::Loop& loop, const UpstreamSettings& settings,
                               const base::Limits& limits, std::atomic<std::int64_t>& ids)
    : transport(loop, settings.url, settings.headers, limits), client(transport, ids) {}

Upstream::Upstream(UpstreamSettings settings, base::EventLoops& loops, const base::Limits& limits,
                   std::function<void()> on_change)
    : settings_(std::move(settings)),
      loops_(loops),
      limits_(limits),
      on_change_(std::move(on_change)) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    connectors_.push_back(std::make_unique<Connector>(loops.at(i), settings_, limits, ids_));
  }
  status_.since = std::chrono::system_clock::now();
}

void Upstream::start() { loops_.at(0).spawn(keep_discovered()); }

// Discovers; when that fails or the server is lost later, tries again with growing pauses.
base::Task<void> Upstream::keep_discovered() {
  base::Loop& loop = loops_.at(0);
  auto pause = first_pause;
  while (!loop.ending()) {
    auto discovered = co_await discover();
    if (discovered) {
      pause = first_pause;
      while (ready() && co_await loop.sleep(alive_check)) {
      }
      continue;
    }
    set_down(for_people(discovered.error()), false);
    co_await loop.sleep(with_jitter(pause));
    pause = std::min(pause * 2, longest_pause);
  }
}

base::Task<base::Status> Upstream::discover() {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_timeout;
  mcp::Client& client = connectors_[0]->client;
  auto shaken = co_await client.connect(settings_.era, deadline);
  if (!shaken) co_return shaken.error();
  auto listed = co_await client.list_tools(*shaken, limits_, deadline);
  if (!listed) co_return listed.error();

  auto tools = std::make_shared<ServerTools>();
  tools->server = settings_.name;
  tools->prefix = settings_.prefix;
  tools->trusted = settings_.trusted;
  tools->tools = compile_tools(std::move(*listed), limits_);
  {
    const std::lock_guard lock(mutex_);
    status_ = {UpstreamStatus::State::ready, "", std::chrono::system_clock::now(),
               shaken->revision};
    handshake_ = std::make_shared<const mcp::Handshake>(std::move(*shaken));
    tools_ = std::move(tools);
  }
  on_change_();
  co_return base::Status{};
}

// The tools stay listed: a call then fails with a sentence instead of an unknown tool.
void Upstream::set_down(std::string reason, bool session_lost) {
  const std::lock_guard lock(mutex_);
  if (status_.state != UpstreamStatus::State::down)
    status_.since = std::chrono::system_clock::now();
  status_.state = UpstreamStatus::State::down;
  status_.reason = std::move(reason);
  if (session_lost) handshake_.reset();
}

Result<mcp::HttpExchange> not_ready(const UpstreamStatus& status) {
  return Error{
      Code::unavailable, status.reason.empty() ? "it is still connecting" : status.reason, {}};
}

base::Task<Result<mcp::HttpExchange>> Upstream::call(base::Loop& loop,
                                                     const policies::Permit& permit,
                                                     const ServerTool& tool,
                                                     const mcp::ToolArguments& arguments,
                                                     bool repeatable) {
  if (permit.server() != settings_.name || permit.tool() != tool.name) {
    co_return Error{Code::internal, "the permit is for another tool", permit.rule()};
  }
  const auto shaken = handshake();
  if (!shaken) co_return not_ready(status());
  const mcp::ToolCall outgoing{tool.name, arguments, tool.param_headers, repeatable};
  const auto absolute = std::chrono::steady_clock::now() + settings_.max_timeout;
  auto exchange = co_await connectors_[loop.index()]->client.call_tool(
      *shaken, outgoing, {settings_.timeout, absolute});
  if (!exchange) {
    if (exchange.error().code == Code::unavailable) set_down(for_people(exchange.error()), false);
    co_return exchange.error();
  }
  // A legacy server that restarted no longer knows the session and says 404 (2025-11-25,
  // transports), or 400 as many do; asking again who it is does no harm to one that meant something
  // else.
  const bool turned_away = exchange->status() == 404 || exchange->status() == 400;
  if (turned_away && !shaken->session.empty()) set_down("its session ended", true);
  co_return exchange;
}

UpstreamStatus Upstream::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::shared_ptr<const ServerTools> Upstream::tools() const {
  const std::lock_guard lock(mutex_);
  return tools_;
}

std::shared_ptr<const mcp::Handshake> Upstream::handshake() const {
  const std::lock_guard lock(mutex_);
  return handshake_;
}

}  // namespace tools
