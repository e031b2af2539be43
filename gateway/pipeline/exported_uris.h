#pragma once

#include "gateway/pipeline/call.h"

namespace gateway::pipeline {

/// Writes the URIs of resources in a server's result as clients know them (design §3): of what was
/// read, and of the links and resources in the contents of tools and prompts.
void export_uris(const Call& call, base::Json& result);

}  // namespace gateway::pipeline
