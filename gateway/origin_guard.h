#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_head.h"

namespace gateway {

/// Protects against DNS rebinding (security-reliability.md T21): Host, and Origin when a browser
/// sends one, must be a name of this gateway: loopback, `hosts:` or `public_url:`.
class OriginGuard {
 public:
  /// `hosts` are names without port, in any case.
  explicit OriginGuard(std::vector<std::string> hosts);

  /// Why the request is refused, as a sentence; nullopt when it may pass.
  std::optional<std::string_view> refuse(const base::HttpFields& fields) const;

 private:
  bool known(std::string_view authority) const;
  std::vector<std::string> hosts_;
};

}  // namespace gateway
