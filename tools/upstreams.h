#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tools/upstream.h"

namespace tools {

/// All servers, in the order of the configuration. The set is fixed once built.
class Upstreams {
 public:
  Upstreams(std::vector<UpstreamSettings> settings, base::EventLoops& loops,
            const base::Limits& limits, const std::function<void()>& on_change);

  void start();
  Upstream* find(std::string_view name) const;
  const std::vector<std::unique_ptr<Upstream>>& all() const { return upstreams_; }
  /// What every server offers now; those that were never reached are left out.
  std::vector<std::shared_ptr<const ServerTools>> tools() const;

 private:
  std::vector<std::unique_ptr<Upstream>> upstreams_;
};

}  // namespace tools
