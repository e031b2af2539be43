#pragma once

#include <string>

#include "gateway/connection.h"
#include "gateway/http_target.h"
#include "gateway/pipeline/snapshot.h"
#include "runtime/runtime.h"

namespace gateway {

/// Who asks about runs.
struct RunsCaller {
  std::string agent;  ///< "" for an administrator, who sees all runs and starts any agent
  std::string tenant;
  std::string by;  ///< in words, for the journal
};

/// `/v1/runs`, for administrators and for agents whose roles have `start`. An agent sees the runs
/// that it started itself; others do not exist for it (invariant 7). Thread-safe.
class RunsApi {
 public:
  static constexpr std::string_view path = "/v1/runs";

  /// `runtime` is null when the configuration has none, and may be set later, before requests come.
  /// All of it outlives this.
  RunsApi(const std::unique_ptr<runtime::Runtime>& runtime,
          const pipeline::CurrentSnapshot& snapshot, const base::Limits& limits)
      : runtime_(runtime), snapshot_(snapshot), limits_(limits) {}

  /// Whether a path is one of these.
  static bool serves(std::string_view asked);

  base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request, HttpTarget target,
                                  RunsCaller caller);

 private:
  base::Task<HttpResponse> start(const RawRequest& request, RunsCaller caller);
  base::Task<HttpResponse> list(RunsCaller caller);
  base::Task<HttpResponse> show(runtime::RunFacts facts);
  base::Task<HttpResponse> events(base::Loop& loop, const RawRequest& request,
                                  runtime::RunFacts facts);
  base::Task<HttpResponse> tell(const RawRequest& request, runtime::RunFacts facts,
                                std::string command, RunsCaller caller);

  const std::unique_ptr<runtime::Runtime>& runtime_;
  const pipeline::CurrentSnapshot& snapshot_;
  const base::Limits& limits_;
};

}  // namespace gateway
