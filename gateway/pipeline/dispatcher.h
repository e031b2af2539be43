#pragma once

#include <cstddef>

#include "base/result.h"
#include "gateway/pipeline/call.h"

namespace gateway::pipeline {

/// A server's response and the size of its text in bytes.
struct ServerAnswer {
  mcp::Response response;
  std::size_t bytes = 0;
};

/// The seam to the servers: sends a call that holds a Permit and waits for its response. Errors as
/// in mcp::Exchange: unavailable, refused, unauthorized and not_found mean that it was not
/// carried out.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  virtual base::Task<base::Result<ServerAnswer>> send(const policies::Permit& permit,
                                                      const Call& call) = 0;
};

}  // namespace gateway::pipeline
