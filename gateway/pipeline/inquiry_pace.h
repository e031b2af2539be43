#pragma once

#include <chrono>
#include <optional>

#include "base/task.h"
#include "policies/verification.h"

namespace gateway::pipeline {

/// When a verify tool is asked about a call, and what of its answers is believed. Decides by the
/// times that it is told alone.
class InquiryPace {
 public:
  /// `how` outlives this. `lost` is when it was known that no answer would come.
  InquiryPace(const policies::Verification& how, base::SteadyTime lost);

  /// From then on nothing is asked, and no answer waited for.
  base::SteadyTime end() const { return end_; }
  /// What the answer to a question tells that was put at `asked`. That a call was not carried out
  /// may change for as long as its server may still be at work on it.
  policies::CarriedOut believed(policies::CarriedOut answer, base::SteadyTime asked) const;
  /// How long to wait at `now` before the next question, each time longer; nullopt when there is no
  /// time for one.
  std::optional<std::chrono::milliseconds> next_pause(base::SteadyTime now);

 private:
  base::SteadyTime settled_, end_;
  std::chrono::milliseconds pause_;
};

}  // namespace gateway::pipeline
