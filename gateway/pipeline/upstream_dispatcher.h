#pragma once

#include "gateway/pipeline/dispatcher.h"
#include "tools/upstreams.h"

namespace gateway::pipeline {

/// Sends calls to the servers of the configuration.
class UpstreamDispatcher final : public Dispatcher {
 public:
  explicit UpstreamDispatcher(const tools::Upstreams& upstreams) : upstreams_(upstreams) {}
  base::Task<base::Result<ServerAnswer>> send(const policies::Permit& permit,
                                              const Call& call) override;

 private:
  const tools::Upstreams& upstreams_;
};

}  // namespace gateway::pipeline
