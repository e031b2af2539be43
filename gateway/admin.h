#pragma once

#include <string>

#include "base/limits.h"
#include "gateway/admin_approvals.h"
#include "gateway/admin_routes.h"
#include "gateway/connection.h"
#include "gateway/metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/reloader.h"
#include "gateway/runs_api.h"
#include "tools/upstreams.h"

namespace gateway {

/// What administrators reach: over the unix socket, where the peer's user says who asks, and over TCP
/// through AdminEndpoint. Every route says what whoever asks must be allowed to do (admin_routes.h).
/// Thread-safe.
class Admin final : public HttpHandler {
 public:
  struct Dependencies {
    const pipeline::CurrentSnapshot& snapshot;
    const tools::Upstreams& upstreams;
    const pipeline::Pipeline& calls;
    const pipeline::Pipeline& dry_runs;
    const base::Limits& limits;
    policies::ledger::Ledger& ledger;
    const Metrics& metrics;
    Reloader& reloader;
    policies::approvals::Approvals& approvals;
    const policies::ledger::Clock& clock;
    std::string own_login;  ///< of the user that runs this process
    RunsApi& runs;
  };

  explicit Admin(const Dependencies& dependencies)
      : d_(dependencies),
        approvals_(d_.snapshot, d_.approvals, d_.clock, d_.limits) {}

  base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request,
                                  const std::string& request_id, const std::string& peer) override;
  /// For whoever has been recognised; the policy to which `from` refers outlives the task.
  base::Task<HttpResponse> serve(base::Loop& loop, const RawRequest& request,
                                 std::string request_id, AdminPeer from) const;

 private:
  base::Task<HttpResponse> answer(AdminMatch match, base::Loop& loop, const RawRequest& request,
                                  HttpTarget target, std::string request_id, AdminPeer peer) const;
  HttpResponse list_servers() const;
  HttpResponse show_config() const;
  base::Task<HttpResponse> reload(base::Loop& loop) const;
  HttpResponse restart_server(const RawRequest& request) const;
  HttpResponse list_tools(const std::string& agent) const;
  HttpResponse show_tool(const std::string& name, const std::string& agent) const;
  base::Task<HttpResponse> list_budgets() const;
  base::Task<HttpResponse> accept_loss() const;
  base::Task<HttpResponse> call(base::Loop& loop, const RawRequest& request, std::string request_id,
                                std::string peer) const;

  Dependencies d_;
  AdminApprovals approvals_;
};

}  // namespace gateway
