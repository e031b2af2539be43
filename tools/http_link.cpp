#include "tools/http_link.h"

#include <utility>

#include <asio/post.hpp>

namespace tools {

using base::Code;
using base::Result;

namespace {

bool is_cancelled(const mcp::ServerCall& call) {
  return call.options.cancellation != nullptr && call.options.cancellation->requested();
}

}  // namespace

HttpLink::Connector::Connector(base::Loop& on, const HttpServer& server,
                               const base::Limits& limits, std::atomic<std::int64_t>& ids)
    : loop(on),
      transport(on, server.url, server.headers, limits, server.tls),
      client(transport, ids) {}

HttpLink::HttpLink(const UpstreamSettings& settings, base::EventLoops& loops,
                   const base::Limits& limits, base::Log& log, LinkEvents events,
                   std::function<Anchor()> anchor)
    : settings_(settings),
      limits_(limits),
      events_(std::move(events)),
      connectors_(make_connectors(loops)),
      listener_(loops.at(0), connectors_[0]->transport, connectors_[0]->client, settings.name, log,
                {events_.offers_changed,
                 [this](const auto& shaken) {
                   if (forget(shaken)) events_.session_ended();
                 }},
                std::move(anchor)) {}

auto HttpLink::make_connectors(base::EventLoops& loops) -> Connectors {
  const HttpServer& server = std::get<HttpServer>(settings_.server);
  Connectors connectors;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    connectors.push_back(std::make_unique<Connector>(loops.at(i), server, limits_, ids_));
  }
  return connectors;
}

HttpLink::~HttpLink() {
  for (auto& connector : connectors_) {
    base::Loop& loop = connector->loop;
    if (loop.finished()) continue;
    asio::post(loop.io(), [last = std::shared_ptr<Connector>(std::move(connector))] {});
  }
}

base::Task<Result<Discovery>> HttpLink::discover() {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_timeout;
  mcp::Client& client = connectors_[0]->client;
  auto shaken = co_await client.connect(settings_.era, deadline);
  if (!shaken) co_return shaken.error();
  auto listed = co_await client.list_offers(*shaken, limits_, deadline);
  if (!listed) co_return listed.error();
  asked_ = std::chrono::steady_clock::now();
  const auto known = std::make_shared<const mcp::Handshake>(*shaken);
  set_handshake(known);
  listener_.follow(known);
  co_return Discovery{std::move(*shaken), std::move(*listed)};
}

base::Task<Result<std::optional<Discovery>>> HttpLink::refresh() {
  const auto shaken = handshake();
  const auto now = std::chrono::steady_clock::now();
  const bool in_session = shaken && !shaken->session.empty();
  if (!in_session || now - asked_ > verdict_ttl) {
    auto found = co_await discover();
    if (!found) co_return found.error();
    co_return std::optional(std::move(*found));
  }
  auto listed = co_await connectors_[0]->client.list_offers(*shaken, limits_,
                                                           now + settings_.start_timeout);
  if (!listed) co_return listed.error();
  co_return std::optional(Discovery{*shaken, std::move(*listed)});
}

base::Task<Result<std::unique_ptr<mcp::Exchange>>> HttpLink::call(base::Loop& loop, Caller,
                                                                  mcp::ServerCall call) {
  const auto shaken = handshake();
  if (!shaken) co_return base::Error{Code::unavailable, "its session ended", {}};
  const auto absolute = std::chrono::steady_clock::now() + settings_.max_timeout;
  auto exchange = co_await connectors_[loop.index()]->client.call(
      *shaken, call, {settings_.timeout, absolute});
  if (!exchange) {
    const base::Error& error = exchange.error();
    if (error.code == Code::unavailable && !is_cancelled(call)) {
      events_.lost(error.detail.empty() ? error.message : error.message + " (" + error.detail + ")");
    }
    co_return exchange.error();
  }
  // A legacy server that restarted no longer knows the session and says 404 (2025-11-25,
  // transports), or 400 as many do; asking again who it is does no harm to one that meant something
  // else. After a 400 the session serves others until then.
  const int status = (*exchange)->status();
  if ((status == 404 || status == 400) && !shaken->session.empty()) {
    if (status == 404 ? forget(shaken) : handshake() == shaken) events_.session_ended();
    if (status == 404) {
      (void)co_await (*exchange)->next();  // whatever it says of it
      co_return base::Error{Code::not_found, "its session ended", {}};
    }
  }
  co_return exchange;
}

void HttpLink::reset() {
  listener_.stop();
  set_handshake(nullptr);
}

std::shared_ptr<const mcp::Handshake> HttpLink::handshake() const {
  const std::lock_guard lock(mutex_);
  return handshake_;
}

// False: another has taken its place meanwhile.
bool HttpLink::forget(const std::shared_ptr<const mcp::Handshake>& ended) {
  const std::lock_guard lock(mutex_);
  if (handshake_ != ended) return false;
  usable_ = false;
  handshake_.reset();
  return true;
}

void HttpLink::set_handshake(std::shared_ptr<const mcp::Handshake> handshake) {
  const std::lock_guard lock(mutex_);
  usable_ = handshake != nullptr;
  handshake_ = std::move(handshake);
}

}  // namespace tools
