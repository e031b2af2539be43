#pragma once

#include "gateway/methods.h"

namespace gateway {

/// prompts/get and resources/read: the same way as tools/call, down the same pipeline.
base::Task<mcp::Reply> get_prompt(MethodContext& context, const pipeline::Pipeline& calls);
base::Task<mcp::Reply> read_resource(MethodContext& context, const pipeline::Pipeline& calls);

}  // namespace gateway
