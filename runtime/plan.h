#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "runtime/run_state.h"

namespace runtime {

/// What this process has begun for a run and has no result of yet.
struct InFlight {
  bool model = false;
  std::set<std::size_t> calls;  ///< places in the answer
};

/// What is to be done for a run now. With none of it the run waits for what is in flight, for a
/// person, or for `wake`.
struct Plan {
  /// To be journaled; afterwards there is a new plan, and nothing else of this one counts.
  std::vector<What> record;
  bool ask_model = false;
  std::vector<std::size_t> calls;  ///< to be made, at once and side by side
  /// When Ticked is to be journaled at the latest; nullopt when the run has ended.
  std::optional<Time> wake;
};

/// Decides by the state alone.
Plan plan(const RunState& state, const InFlight& in_flight);

}  // namespace runtime
