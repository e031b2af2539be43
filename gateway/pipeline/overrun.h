#pragma once

#include "base/task.h"
#include "gateway/pipeline/call.h"

/// Budgets that ask people instead of refusing (`on_exceed: ask`).
namespace gateway::pipeline {

/// What the call takes of limits and budgets. Of a budget that the call's approval lets it go over
/// it is taken whatever room there is.
std::vector<policies::ledger::Charge> charges_of(const Call& call);

/// Finds out which budgets that ask have no room for the call now, so that people are asked once
/// about rules and budgets together. Only the admission decides: what it finds full is asked about
/// as well.
base::Task<base::Status> look_at_budgets(Call& call, policies::ledger::Ledger& ledger);

/// Adds what the admission found full; false when the call knew of all of it.
bool add_exceeded(Call& call, std::vector<policies::ledger::Refusal> exceeded);

}  // namespace gateway::pipeline
