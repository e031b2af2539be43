#pragma once

#include "gateway/pipeline/outcome.h"
#include "policies/ledger/ledger.h"

namespace gateway::pipeline {

/// A limit or a budget said no (design §4): a result that the model can read, with
/// `_meta["dev.sluice/refusal"]` for programs.
Outcome quota_refused(policies::ledger::Refusal refusal);

}  // namespace gateway::pipeline
