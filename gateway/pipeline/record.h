#pragma once

#include <string>

#include "gateway/pipeline/call.h"
#include "gateway/pipeline/outcome.h"

namespace gateway::pipeline {

/// The journal's words for a call. Bodies are compact JSON; none holds a secret or the arguments
/// themselves.
base::JournalEntry intent_entry(const Call& call);
base::JournalEntry outcome_entry(const Call& call, const Outcome& outcome);
base::JournalEntry audit_entry(const Call& call, const Outcome& outcome);

/// The outcome of an intent that a crash left open: unknown (design §2.7).
base::JournalEntry crashed_outcome_entry(const std::string& intent);

}  // namespace gateway::pipeline
