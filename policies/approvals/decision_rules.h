#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "policies/approvals/approvals.h"
#include "tools/schema/schema.h"

/// What holds of deciding wherever approvals are kept.
namespace policies::approvals {

/// Bounds on what agents can make people look at, and a store keep.
struct ApprovalLimits {
  std::size_t waiting_per_agent = 100;
  std::size_t standing = 10'000;
};

base::Error no_such_approval(const std::string& id);
base::Error too_many_waiting(const std::string& agent);
/// Another call has the one use.
base::Error used_before(const std::string& id, const std::string& request);

base::Error nothing_remembered(const std::string& id);

/// Whether this person may say this now, as Approvals::decide() tells.
base::Status check_decision(const Approval& approval, const Decision& decision);

/// Whether what this decision would have remembered may be, where `after` is what it makes of the
/// approval: not where more people than one must agree.
base::Status check_remembering(const Approval& after, const Decision& decision);

/// What arguments must satisfy for a remembered decision; nullopt when it is no JSON Schema.
std::optional<tools::schema::Schema> compile_predicate(const std::string& text);

/// `apr_…`, at random.
std::string random_approval_id();

}  // namespace policies::approvals
