#include "gateway/pipeline/upstream_dispatcher.h"

#include <utility>

namespace gateway::pipeline {

base::Task<base::Result<ServerAnswer>> UpstreamDispatcher::send(const policies::Permit& permit,
                                                                const Call& call) {
  tools::Upstream* upstream = call.snapshot->upstreams->find(permit.server());
  if (upstream == nullptr) {
    co_return base::Error{base::Code::unavailable, tools::not_configured, {}};
  }
  const tools::Upstream::Use use(*upstream);
  mcp::CallOptions options;
  options.repeatable = call.effect == policies::Effect::read_only;
  options.cancellation = call.cancellation;
  if (call.events != nullptr) {
    options.progress = call.progress;
    options.log_level = call.log_level;
  }
  auto exchange = co_await upstream->call(*call.loop, permit, call.session, *call.entry->tool,
                                          call.arguments, options);
  if (!exchange) co_return exchange.error();
  while (true) {
    auto message = co_await (*exchange)->next();
    if (!message) co_return message.error();
    if (auto* response = std::get_if<mcp::Response>(&*message)) {
      co_return ServerAnswer{std::move(*response), (*exchange)->size()};
    }
    auto* notification = std::get_if<mcp::Notification>(&*message);
    if (notification != nullptr && call.events != nullptr) {
      call.events->notify(std::move(*notification), (*exchange)->size());
    }
  }
}

}  // namespace gateway::pipeline
