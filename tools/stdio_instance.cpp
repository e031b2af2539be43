#include "tools/stdio_instance.h"

#include <algorithm>
#include <utility>

#include "mcp/stdio_transport.h"

namespace tools {
namespace {

using base::Code;

constexpr std::chrono::seconds longest_question{10};

// The child said nothing that would tell its era: silence, or its end.
bool says_nothing(Code code) { return code == Code::timeout || code == Code::broken; }

}  // namespace

base::Task<StdioStarter::Started> StdioStarter::start(OnEnd on_end) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_timeout;
  if (std::chrono::steady_clock::now() - found_at_ > verdict_ttl) found_.reset();
  const std::optional<mcp::Era> era = settings_.era ? settings_.era : found_;
  auto started = co_await attempt(era, deadline, on_end);
  if (!started && !era && says_nothing(started.error().code) && !home_.ending() && !ended_) {
    started = co_await attempt(mcp::Era::legacy, deadline, std::move(on_end));
  }
  // A failure may mean that the next version of the program speaks another protocol.
  if (started && !found_) found_at_ = std::chrono::steady_clock::now();
  found_ = started ? std::optional((*started)->handshake.era()) : std::nullopt;
  co_return started;
}

void StdioStarter::end() {
  ended_ = true;
  for (const auto& one : starting_) {
    if (const auto channel = one.lock()) channel->close(not_configured);
  }
}

base::Task<StdioStarter::Started> StdioStarter::attempt(std::optional<mcp::Era> era,
                                                        base::SteadyTime deadline, OnEnd on_end) {
  if (ended_) co_return base::Error{Code::unavailable, not_configured, {}};
  const StdioServer& server = std::get<StdioServer>(settings_.server);
  auto instance = std::make_shared<StdioInstance>();
  // Not told of a child that never got as far as to be used. Let go with the telling: it may hold
  // what holds the child.
  const auto told = std::make_shared<OnEnd>();
  mcp::StdioChannel::Settings settings{settings_.name, server.hidden, limits_, log_,
                                       [told](const std::string& reason) {
                                         if (auto tell = std::exchange(*told, nullptr)) tell(reason);
                                       },
                                       [told, changed = on_offers_changed_] {
                                         if (*told && changed) changed();
                                       }};
  auto channel =
      co_await mcp::StdioChannel::open(home_, keeper_, server.command, std::move(settings));
  if (!channel)
    co_return base::Error{Code::unavailable, channel.error().message, channel.error().detail};
  instance->channel = std::move(*channel);
  if (ended_) {
    instance->channel->close(not_configured);
    co_return base::Error{Code::unavailable, not_configured, {}};
  }
  starting_.push_back(instance->channel);
  mcp::StdioTransport transport(home_, instance->channel);
  mcp::Client client(transport, instance->ids);
  const auto now = std::chrono::steady_clock::now();
  const auto question =
      std::min<std::chrono::steady_clock::duration>(longest_question, settings_.start_timeout / 3);
  auto shaken = co_await client.connect(era, deadline, now + question);
  std::erase_if(starting_, [&](const auto& other) {
    const auto channel_of = other.lock();
    return !channel_of || channel_of == instance->channel;
  });
  if (!shaken) {
    instance->channel->close("its start failed");
    co_return shaken.error();
  }
  if (!instance->channel->is_open()) {
    co_return base::Error{Code::broken, "it ended right after its start", {}};
  }
  instance->handshake = std::move(*shaken);
  *told = std::move(on_end);
  co_return instance;
}

}  // namespace tools
