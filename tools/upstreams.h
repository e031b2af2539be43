#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tools/upstream.h"

namespace tools {

/// All servers, in the order of the configuration. The set is fixed once built. Its loops must have
/// stopped before it is destroyed.
class Upstreams {
 public:
  Upstreams(std::vector<UpstreamSettings> settings, base::EventLoops& loops,
            const base::Limits& limits, base::Log& log, const std::function<void()>& on_change);

  void start();
  Upstream* find(std::string_view name) const;
  const std::vector<std::unique_ptr<Upstream>>& all() const { return upstreams_; }
  /// Whether each has been asked for its tools once, successfully or not.
  bool were_asked() const;
  /// What every server offers now; those that were never reached are left out.
  std::vector<std::shared_ptr<const ServerTools>> tools() const;

 private:
  base::ProcessKeeper keeper_;  // destroyed last: what runs ends with it
  std::vector<std::unique_ptr<Upstream>> upstreams_;
};

}  // namespace tools
