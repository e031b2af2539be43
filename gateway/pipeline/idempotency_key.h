#pragma once

#include <string>

#include "gateway/pipeline/call.h"

namespace gateway::pipeline {

/// The id of the call's intent. One that is sent again has another one, `int_….r1`.
std::string intent_id(const Call& call);

/// By which the server of a keyed call knows it again when it comes twice: the key of the earlier
/// attempt, or a UUID (RFC 9562, version 8) that is a hash of the intent's id. Equal for one
/// intent, different for any two; neither the caller nor its model has a say in it.
std::string idempotency_key(const Call& call);

/// What a keyed call is sent with: the caller's arguments and the key.
base::Json keyed_arguments(const Call& call);

}  // namespace gateway::pipeline
