#pragma once

#include "gateway/pipeline/dispatcher.h"

namespace gateway::pipeline {

/// Sends calls to the servers of their snapshots.
class UpstreamDispatcher final : public Dispatcher {
 public:
  base::Task<base::Result<ServerAnswer>> send(const policies::Permit& permit,
                                              const Call& call) override;
};

}  // namespace gateway::pipeline
