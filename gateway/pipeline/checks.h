#pragma once

#include <optional>

#include "gateway/pipeline/call.h"
#include "gateway/pipeline/outcome.h"

/// What stages check of a call, for those that must check it again: arguments that a person edited
/// are a new call. Each sets what it finds out in the call, and returns the refusal, if any.
namespace gateway::pipeline {

/// Asks policy for a Permit. What it denies is an unknown tool.
std::optional<Outcome> authorize_call(Call& call);
/// Checks the arguments against the tool's inputSchema.
std::optional<Outcome> validate_call(const Call& call);

}  // namespace gateway::pipeline
