#pragma once

#include "gateway/methods.h"

namespace gateway {

/// tools/call: from the request's params to a Call, down the pipeline, and its outcome back into a
/// response.
base::Task<mcp::Reply> call_tool(MethodContext& context, const pipeline::Pipeline& calls);

}  // namespace gateway
