#pragma once

#include "gateway/methods.h"

namespace gateway {

/// What a request asks of a server, as a Call: who asks, by what right, from where.
pipeline::Call begin_call(const MethodContext& context, policies::Primitive primitive,
                          std::string asked);

/// Takes the request's `arguments`, an object, into the call. Error: they are none.
base::Status take_arguments(MethodContext& context, pipeline::Call& call);

/// Down the pipeline, with what the client wants to hear before the outcome, and the outcome as the
/// client's era expects it.
base::Task<mcp::Reply> run_call(MethodContext& context, pipeline::Call& call,
                                const pipeline::Pipeline& calls);

/// The answer to a request whose params are not what the method takes.
mcp::Reply invalid_params(const mcp::Request& request, std::string message);

/// What is left of a JSON Pointer inside `prefix`; nullopt when there is none or it points
/// elsewhere.
std::optional<std::string> pointer_inside(const std::optional<std::string>& pointer,
                                          std::string_view prefix);

}  // namespace gateway
