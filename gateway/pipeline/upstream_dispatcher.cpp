#include "gateway/pipeline/upstream_dispatcher.h"

#include <utility>

namespace gateway::pipeline {

base::Task<base::Result<ServerAnswer>> UpstreamDispatcher::send(const policies::Permit& permit,
                                                                const Call& call) {
  tools::Upstream* upstream = upstreams_.find(permit.server());
  if (upstream == nullptr) {
    co_return base::Error{base::Code::unavailable, "it is no longer configured", {}};
  }
  const bool repeatable = call.effect == policies::Effect::read_only;
  auto exchange =
      co_await upstream->call(*call.loop, permit, call.session, *call.entry->tool, call.arguments,
                              repeatable);
  if (!exchange) co_return exchange.error();
  while (true) {
    auto message = co_await (*exchange)->next();
    if (!message) co_return message.error();
    if (auto* response = std::get_if<mcp::Response>(&*message)) {
      co_return ServerAnswer{std::move(*response), (*exchange)->size()};
    }
  }
}

}  // namespace gateway::pipeline
