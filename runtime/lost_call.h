#pragma once

#include "base/journal_chain.h"
#include "policies/policy.h"
#include "runtime/run_record.h"

namespace runtime {

/// What a run is told of a call whose intent is in the journal and whose outcome it does not know:
/// it may have been carried out.
Called lost_call(const CallName& name, const base::JournalRecord& intent,
                 const policies::Policy& policy);

}  // namespace runtime
