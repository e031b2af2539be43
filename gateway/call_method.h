#pragma once

#include "gateway/methods.h"

namespace gateway {

/// tools/call: from the request's params to a Call, down the pipeline, and its outcome back into a
/// response.
base::Task<mcp::Reply> call_tool(MethodContext& context, const pipeline::Pipeline& calls);

/// What is left of a JSON Pointer inside `prefix`; nullopt when there is none or it points
/// elsewhere.
std::optional<std::string> pointer_inside(const std::optional<std::string>& pointer,
                                          std::string_view prefix);

}  // namespace gateway
