#include "tools/stdio_link.h"

#include <utility>

#include "mcp/stdio_transport.h"

namespace tools {

using base::Code;
using base::Result;

StdioLink::StdioLink(const UpstreamSettings& settings, base::EventLoops& loops,
                     base::ProcessKeeper& keeper, const base::Limits& limits, base::Log& log,
                     LinkEvents events, std::function<Anchor()> anchor)
    : settings_(settings),
      instances_(std::get<StdioServer>(settings.server).instances),
      home_(loops.at(0)),
      limits_(limits),
      events_(std::move(events)),
      anchor_(std::move(anchor)),
      starter_(settings, home_, keeper, limits, log, events_.offers_changed),
      pool_(home_, limits,
            [this](StdioStarter::OnEnd on_end) { return start_or_take_first(std::move(on_end)); },
            anchor_) {
}

base::Task<Result<Discovery>> StdioLink::discover() {
  reset();
  const auto on_end = std::make_shared<StdioStarter::OnEnd>();
  // Let go with the telling, because it holds what holds this link.
  StdioStarter::OnEnd told = [on_end](const std::string& reason) {
    if (auto tell = std::exchange(*on_end, nullptr)) tell(reason);
  };
  auto started = co_await starter_.start(std::move(told));
  if (!started) co_return started.error();
  const std::shared_ptr<StdioInstance> instance = *started;
  discovered_over_ = instance->channel;
  mcp::StdioTransport transport(home_, instance->channel);
  mcp::Client client(transport, instance->ids);
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_timeout;
  auto listed = co_await client.list_offers(instance->handshake, limits_, deadline);
  if (!listed || !instance->channel->is_open()) {
    instance->channel->close("its start failed");
    if (!listed) co_return listed.error();
    co_return base::Error{Code::broken, "it ended right after its start", {}};
  }
  // Weak: the child's channel holds this, and the instance holds the channel.
  *on_end = [this, alive = anchor_(), weak = std::weak_ptr(instance)](const std::string& reason) {
    if (const auto ended = weak.lock()) note_end(ended, reason);
  };
  first_end_ = on_end;
  {
    const std::lock_guard lock(mutex_);
    first_ = instance;
    discovered_ = true;
  }
  co_return Discovery{instance->handshake, std::move(*listed)};
}

// Children of single owners are not asked: each may offer something else, and what counts is what
// the first one said.
base::Task<Result<std::optional<Discovery>>> StdioLink::refresh() {
  const std::shared_ptr<StdioInstance> instance = is_shared() ? first() : nullptr;
  if (!instance) co_return std::optional<Discovery>();
  mcp::StdioTransport transport(home_, instance->channel);
  mcp::Client client(transport, instance->ids);
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_timeout;
  auto listed = co_await client.list_offers(instance->handshake, limits_, deadline);
  if (!listed) co_return listed.error();
  co_return std::optional(Discovery{instance->handshake, std::move(*listed)});
}

bool StdioLink::usable() const {
  const std::lock_guard lock(mutex_);
  return discovered_;
}

base::Task<Result<std::unique_ptr<mcp::Exchange>>> StdioLink::call(base::Loop& loop, Caller caller,
                                                                   mcp::ServerCall call) {
  std::shared_ptr<StdioInstance> instance = is_shared() ? first() : nullptr;
  if (!is_shared()) {
    auto owned = co_await pool_.of(owner_of(caller), call.options.cancellation);
    if (!owned) co_return base::Error{Code::unavailable, owned.error().message, {}};
    instance = std::move(*owned);
  }
  if (!instance) co_return base::Error{Code::unavailable, "it is starting again", {}};
  mcp::StdioTransport transport(loop, instance->channel);
  mcp::Client client(transport, instance->ids);
  const auto absolute = std::chrono::steady_clock::now() + settings_.max_timeout;
  const mcp::RequestDeadlines deadlines{settings_.timeout, absolute};
  co_return co_await client.call(instance->handshake, std::move(call), deadlines);
}

std::string StdioLink::owner_of(const Caller& caller) const {
  if (instances_ == Instances::agent) return caller.agent;
  return caller.agent + '\n' + caller.session;  // names of agents have no line ends
}

// Nobody has used the first one yet: it is as good as new.
base::Task<StdioStarter::Started> StdioLink::start_or_take_first(StdioStarter::OnEnd on_end) {
  std::shared_ptr<StdioInstance> spare;
  {
    const std::lock_guard lock(mutex_);
    spare = std::exchange(first_, nullptr);
  }
  if (spare && spare->channel->is_open()) {
    *first_end_ = std::move(on_end);
    co_return spare;
  }
  co_return co_await starter_.start(std::move(on_end));
}

void StdioLink::note_end(const std::shared_ptr<StdioInstance>& instance,
                         const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (first_ != instance) return;  // replaced meanwhile
    first_.reset();
    if (!is_shared()) return;
    discovered_ = false;
  }
  events_.lost(reason);
}

void StdioLink::tend() {
  const auto now = std::chrono::steady_clock::now();
  pool_.tend(now);
  if (is_shared()) return;
  std::shared_ptr<StdioInstance> idle;
  {
    const std::lock_guard lock(mutex_);
    if (first_ && now - first_->started > limits_.instance_idle.get())
      idle = std::exchange(first_, nullptr);
  }
  if (idle) idle->channel->close("it was idle");
}

void StdioLink::reset() {
  std::shared_ptr<StdioInstance> last;
  {
    const std::lock_guard lock(mutex_);
    last = std::exchange(first_, nullptr);
    discovered_ = false;
  }
  if (last) last->channel->close("it was restarted");
  pool_.end_all();
}

void StdioLink::end() {
  starter_.end();
  if (const auto channel = discovered_over_.lock()) channel->close(not_configured);
  reset();
}

std::shared_ptr<StdioInstance> StdioLink::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

std::size_t StdioLink::instances() const { return pool_.size() + (first() ? 1 : 0); }

}  // namespace tools
