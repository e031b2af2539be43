#pragma once

#include <string>

#include "base/limits.h"
#include "gateway/admin_routes.h"
#include "gateway/http_message.h"
#include "gateway/pipeline/snapshot.h"
#include "policies/approvals/approvals.h"
#include "policies/ledger/clock.h"

namespace gateway {

/// The part of the admin listener by which people decide. Thread-safe.
class AdminApprovals {
 public:
  AdminApprovals(const pipeline::CurrentSnapshot& snapshot,
                 policies::approvals::Approvals& approvals, const policies::ledger::Clock& clock,
                 const base::Limits& limits)
      : snapshot_(snapshot), approvals_(approvals), clock_(clock), limits_(limits) {}

  /// All that stand, or those that speak for calls like theirs.
  base::Task<HttpResponse> list(bool remembered_only) const;
  base::Task<HttpResponse> show(std::string id) const;
  /// `peer` may approve: what it says is its person's word.
  base::Task<HttpResponse> decide(std::string id, const RawRequest& request, AdminPeer peer) const;
  base::Task<HttpResponse> forget(std::string id, AdminPeer peer) const;

 private:
  base::Task<base::Result<policies::approvals::Decision>> read_decision(std::string id,
                                                                        base::ParsedJson body,
                                                                        AdminPeer peer) const;

  const pipeline::CurrentSnapshot& snapshot_;
  policies::approvals::Approvals& approvals_;
  const policies::ledger::Clock& clock_;
  const base::Limits& limits_;
};

}  // namespace gateway
