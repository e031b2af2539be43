#pragma once

#include "gateway/pipeline/stages.h"

namespace gateway::pipeline {

/// What the stages work with. All of it outlives the pipeline.
struct Dependencies {
  base::Journal& journal;
  base::Log& log;
  const base::Limits& limits;
  Dispatcher& dispatcher;
  policies::ledger::Ledger& ledger;
  CallMetrics& metrics;
  policies::approvals::Approvals& approvals;
  const policies::ledger::Clock& clock;
};

/// The stages of a call, in order. Thread-safe: the stages keep no state of a call.
class Pipeline {
 public:
  explicit Pipeline(Stages stages) : stages_(std::move(stages)) {}
  /// `call` must live until the task ends.
  base::Task<Outcome> run(Call& call) const { return Next(stages_, 0)(call); }

 private:
  Stages stages_;
};

/// What happens to every tools/call.
Pipeline call_pipeline(const Dependencies& dependencies);

/// What `call --dry-run` shows: the checks that change nothing, and nothing sent.
Pipeline dry_run_pipeline(policies::ledger::Ledger& ledger);

}  // namespace gateway::pipeline
