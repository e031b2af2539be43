#pragma once

#include <string>

#include "gateway/pipeline/call.h"
#include "gateway/pipeline/outcome.h"
#include "gateway/pipeline/stage.h"
#include "policies/ledger/clock.h"

/// Calls whose outcome nobody knows, and whose policy says how that is found out (`verify:`).
namespace gateway::pipeline {

/// What asking about a call found out.
struct Inquiry {
  Verified found;
  Outcome last;           ///< of the last question
  bool answered = false;  ///< whether its server ever answered, so that the caller may hear of it
};

/// Asks what became of `call`, which is reconcilable and whose answer was lost just now, until that
/// is known or the time for it is over. Each question is a call of the same agent down all stages,
/// under an id of its own: rights, limits and prices hold for it as for any call, and a tool that
/// is not read_only is not asked.
base::Task<Inquiry> inquire(Call& call, Next next, const policies::ledger::Clock& clock);

/// The outcome of a call that was carried out: its own result is lost, and what its verify tool
/// answered takes its place, saying so.
Outcome carried_out(const Call& call, Inquiry inquiry);
/// The outcome of one that still nobody knows: `outcome`, with what was found out.
Outcome still_unknown(Outcome outcome, const Inquiry& inquiry);

}  // namespace gateway::pipeline
