#pragma once

#include <memory>

#include "gateway/methods.h"

namespace gateway {

/// The person whom the client of this tools/call can ask: clients of 2026-07-28 by the call's result,
/// those before by a request on its event stream. Null: it declares no elicitation by forms, or takes
/// no events. Refers to `context`.
std::unique_ptr<pipeline::ClientPerson> client_person(MethodContext& context);

}  // namespace gateway
