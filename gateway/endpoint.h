#pragma once

#include "gateway/authenticator.h"
#include "gateway/connection.h"
#include "gateway/mcp_service.h"
#include "gateway/origin_guard.h"
#include "gateway/readiness.h"
#include "gateway/runs_api.h"
#include "gateway/stream_watch.h"

namespace gateway {

/// What clients reach: checks where a request comes from and who sent it before anything of it is
/// parsed, then routes it.
class Endpoint final : public HttpHandler {
 public:
  Endpoint(const OriginGuard& guard, const Authenticator& authenticator, StreamWatch& streams,
           McpService& service, RunsApi& runs, const Readiness& readiness, base::Log& log)
      : guard_(guard),
        authenticator_(authenticator),
        streams_(streams),
        service_(service),
        runs_(runs),
        readiness_(readiness),
        log_(log) {}

  base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request,
                                  const std::string& request_id, const std::string& peer) override;
  std::optional<HttpResponse> answer_at_once(const RawRequest& request) const override {
    return answer_probe(request, readiness_);
  }

 private:
  /// `/mcp/VIEW` narrows the principal; false when there is nothing at this path.
  bool choose_view(std::string_view path, pipeline::Principal& principal) const;
  HttpResponse refuse_stranger(const RawRequest& request) const;

  const OriginGuard& guard_;
  const Authenticator& authenticator_;
  StreamWatch& streams_;
  McpService& service_;
  RunsApi& runs_;
  const Readiness& readiness_;
  base::Log& log_;
};

}  // namespace gateway
