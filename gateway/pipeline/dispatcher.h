#pragma once

#include <cstddef>

#include "base/result.h"
#include "gateway/pipeline/call.h"

namespace gateway::pipeline {

/// A server's response and the size of its text in bytes.
struct ServerAnswer {
  mcp::Response response;
  std::size_t bytes = 0;
  bool after_loss = false;  ///< an earlier try got no answer, and may have been carried out
};

/// Errors after which the server certainly did not carry the call out.
constexpr bool not_carried_out(base::Code code) {
  using base::Code;
  return code == Code::unavailable || code == Code::refused || code == Code::unauthorized ||
         code == Code::not_found || code == Code::internal;
}

/// The seam to the servers: sends a call that holds a Permit and waits for its response. Errors as
/// in mcp::Exchange: after those of not_carried_out() nothing happened, whatever was tried before.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  virtual base::Task<base::Result<ServerAnswer>> send(const policies::Permit& permit,
                                                      const Call& call) = 0;
};

}  // namespace gateway::pipeline
