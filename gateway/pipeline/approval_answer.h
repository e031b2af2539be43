#pragma once

#include "gateway/pipeline/call.h"
#include "gateway/pipeline/outcome.h"
#include "policies/approvals/approvals.h"

/// What callers are told about approvals: text for models, `_meta["dev.sluice/approval"]` for
/// programs. Who decided is always said: a person, a rule or the clock.
namespace gateway::pipeline {

/// It waits, was denied, or expired; `exceeded` are budgets that its call would go over.
Outcome not_approved(const policies::approvals::Approval& approval,
                     const std::vector<policies::ledger::Refusal>& exceeded,
                     std::chrono::system_clock::time_point now);
/// The same while it waits, for a client that asks its person and repeats the call.
Outcome asked_at_client(const policies::approvals::Approval& approval,
                        const std::vector<policies::ledger::Refusal>& exceeded,
                        std::chrono::system_clock::time_point now);
/// `Approval apr_… waits for ops.`, and why when it is about a budget.
std::string waiting_text(const policies::approvals::Approval& approval);
/// It was approved, but cannot be used for this call.
Outcome not_usable(const std::string& id, const std::string& reason, const std::string& text);
/// Says in the outcome of an approved call who approved it, and what was sent instead of what was
/// asked.
void tell_approval(const ApprovalUse& use, Outcome& outcome);

}  // namespace gateway::pipeline
