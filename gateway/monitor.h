#pragma once

#include "gateway/connection.h"
#include "gateway/metrics.h"
#include "gateway/origin_guard.h"
#include "gateway/readiness.h"

namespace gateway {

/// The listener of `metrics:`: what monitoring reads, without a key. It has a Load of its own, so
/// that it answers under overload and while the gateway drains. Thread-safe.
class Monitor final : public HttpHandler {
 public:
  Monitor(const OriginGuard& guard, const Metrics& metrics, const Readiness& readiness)
      : guard_(guard), metrics_(metrics), readiness_(readiness) {}

  base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request,
                                  const std::string& request_id, const std::string& peer) override;

 private:
  const OriginGuard& guard_;
  const Metrics& metrics_;
  const Readiness& readiness_;
};

}  // namespace gateway
