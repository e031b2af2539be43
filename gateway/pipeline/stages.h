#pragma once

#include <memory>

#include "base/journal.h"
#include "base/limits.h"
#include "base/log.h"
#include "gateway/pipeline/call_metrics.h"
#include "gateway/pipeline/dispatcher.h"
#include "gateway/pipeline/stage.h"
#include "policies/approvals/approvals.h"
#include "policies/ledger/clock.h"
#include "policies/ledger/ledger.h"

/// One factory per stage; each stage has a file of its own.
namespace gateway::pipeline::stages {

/// Refuses while the journal cannot write; on the way up writes the call's audit record, together
/// with its outcome.
std::unique_ptr<Stage> audit(base::Journal& journal);
/// One log line per call, and its count.
std::unique_ptr<Stage> observe(base::Log& log, CallMetrics& metrics);
/// The caller's name for a tool becomes a catalog entry.
std::unique_ptr<Stage> resolve();
/// Asks policy for a Permit. What it denies is an unknown tool.
std::unique_ptr<Stage> authorize();
/// Checks the arguments against the tool's inputSchema.
std::unique_ptr<Stage> validate();
/// When an earlier attempt of the call may have been carried out: finds out before anybody is asked
/// and anything is taken or sent.
std::unique_ptr<Stage> look_back(const policies::ledger::Clock& clock);
/// Asks people where rules want it, or a budget that has no room: waits for them a while, holding
/// nothing, and lets a call pass that was approved, once.
std::unique_ptr<Stage> approve(policies::approvals::Approvals& approvals,
                               const policies::ledger::Clock& clock,
                               policies::ledger::Ledger& ledger);
/// On the way up: the result's size, and whether it is what the tool's outputSchema promises.
std::unique_ptr<Stage> filter(const base::Limits& limits);
/// Takes what the call costs of all limits and budgets, in one step; settles it on the way up.
std::unique_ptr<Stage> reserve(policies::ledger::Ledger& ledger);
/// Makes the intent durable before anything with effects is sent; its outcome on the way up.
std::unique_ptr<Stage> intend(base::Journal& journal);
/// When nobody knows whether the call was carried out: asks the tool that the policy names. What
/// was not is sent again, once, under an intent of its own.
std::unique_ptr<Stage> reconcile(base::Journal& journal, const policies::ledger::Clock& clock);
/// Sends the call to its server and waits for the response.
std::unique_ptr<Stage> dispatch(Dispatcher& dispatcher);

}  // namespace gateway::pipeline::stages
