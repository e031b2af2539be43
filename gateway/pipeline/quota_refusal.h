#pragma once

#include <string>

#include "gateway/pipeline/outcome.h"
#include "policies/ledger/ledger.h"

namespace gateway::pipeline {

/// A limit or a budget said no (design §4): a result that the model can read, with
/// `_meta["dev.sluice/refusal"]` for programs.
Outcome quota_refused(policies::ledger::Refusal refusal);
/// The same of a budget that asks, where people did not agree: `text` says so.
Outcome overrun_refused(policies::ledger::Refusal refusal, const std::string& text);

/// `Budget writer/daily: 5.00 of 5.00 EUR used.`
std::string budget_text(const policies::ledger::Refusal& refusal);

}  // namespace gateway::pipeline
