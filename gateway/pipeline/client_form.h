#pragma once

#include "base/json.h"
#include "gateway/pipeline/client_person.h"

/// The form by which the person at a client is asked: an `elicitation/create` of MCP.
namespace gateway::pipeline {

inline constexpr const char* elicitation_method = "elicitation/create";

/// Whether all that must be seen of the call fits on it.
bool fits_form(const policies::approvals::Approval& approval);
/// The params of the request.
base::Json form_of(const policies::approvals::Approval& approval);
/// What an ElicitResult says. Code::invalid with a sentence: nothing that the form offers.
base::Result<ClientPerson::Word> read_form(const base::Json& result);

}  // namespace gateway::pipeline
