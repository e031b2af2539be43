#pragma once

#include <chrono>
#include <mutex>

#include "base/log.h"
#include "gateway/admin.h"
#include "gateway/authenticator.h"
#include "gateway/origin_guard.h"

namespace gateway {

/// How often strangers may try keys, all of them together: what they try beyond that is refused
/// before the store or the log hears of it. Keys that are known are not held up. Thread-safe.
class FailedLogins {
 public:
  static constexpr int at_once = 20;
  static constexpr std::chrono::milliseconds between{500};

  /// False when too many were counted already.
  bool count(std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};  // guarded by mutex_
};

/// The admin listener over TCP: who asks is the person whose key it is. As at the endpoint of clients,
/// where a request comes from and who sent it is known before anything of it is parsed.
class AdminEndpoint final : public HttpHandler {
 public:
  AdminEndpoint(const OriginGuard& guard, const Authenticator& authenticator,
                const pipeline::CurrentSnapshot& snapshot, const Admin& admin, base::Log& log)
      : guard_(guard),
        authenticator_(authenticator),
        snapshot_(snapshot),
        admin_(admin),
        log_(log) {}

  base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request,
                                  const std::string& request_id, const std::string& peer) override;

 private:
  HttpResponse refuse(const std::string& request_id, HttpResponse response,
                      std::string_view reason) const;
  HttpResponse refuse_stranger(const std::string& request_id, bool tried) const;

  const OriginGuard& guard_;
  const Authenticator& authenticator_;
  const pipeline::CurrentSnapshot& snapshot_;
  const Admin& admin_;
  base::Log& log_;
  FailedLogins failed_;
};

}  // namespace gateway
