#pragma once

#include <vector>

#include "base/json.h"
#include "runtime/run_reader.h"

namespace gateway {

/// A run in a list.
base::Json run_line(const runtime::RunFacts& facts);
/// All that is known of a run: where it stands, what it has taken, whom it waits for.
base::Json run_facts(const runtime::RunFacts& facts,
                     const std::vector<runtime::StoredEvent>& events);
/// One event, for readers: money in decimals, the time as RFC 3339.
base::Json event_facts(const runtime::StoredEvent& stored);

}  // namespace gateway
