#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loops.h"
#include "base/redis_connection.h"
#include "base/result.h"
#include "policies/approvals/approval.h"
#include "policies/approvals/decision_rules.h"

namespace policies::approvals {

/// An approval as Redis has it, at a time of Redis's clock: gateways need not agree on one.
struct Loaded {
  WallTime now;
  Approval approval;
  std::vector<std::string> events;  ///< as recorded; how many there are is its version

  bool exists() const { return !events.empty(); }
  /// A call has used it, and nothing is remembered: it is kept to say who decided.
  bool used_up() const;
};

/// An event that an approval shall have next, and what it is then.
struct Change {
  Approval after;
  std::string event;  ///< as it is recorded
  bool ends = false;  ///< nothing is left of it
};

enum class Appended { done, exists, too_many, overtaken };

/// What one event loop asks Redis of approvals. Belongs to its loop. All is Code::unavailable when
/// Redis does not answer, or is not configured to keep what was used.
class RedisStore final {
 public:
  RedisStore(base::Loop& loop, const base::RedisAddress& address)
      : loop_(loop), connection_(loop, address) {}

  base::Loop& loop() { return loop_; }

  /// The tenant of an approval. Code::not_found.
  base::Task<base::Result<std::string>> tenant_of(std::string id);
  base::Task<base::Result<std::vector<std::string>>> tenants();

  /// Does not exist() when Redis has none.
  base::Task<base::Result<Loaded>> load(std::string tenant, std::string id);

  struct Found {
    std::string id;                       ///< the one that the call finds, or ""
    std::vector<std::string> remembered;  ///< of calls like it
  };
  base::Task<base::Result<Found>> look(std::string tenant, std::string print, std::string family);

  /// What Change says, unless the approval has another version by now. Code::unavailable: nobody
  /// knows whether it was done.
  base::Task<base::Result<Appended>> append(const Loaded& before, Change change,
                                            ApprovalLimits limits);

  base::Task<base::Result<std::vector<std::string>>> standing(std::string tenant);
  base::Task<base::Result<std::vector<std::string>>> due(std::string tenant);

  struct Changes {
    std::string last;              ///< the next question's `since`
    std::vector<std::string> ids;  ///< of what changed
  };
  /// What changed behind the entry `since` of the tenant's stream.
  base::Task<base::Result<Changes>> changes(std::string tenant, std::string since);

 private:
  base::Task<base::Status> check_settings();
  base::Task<base::Result<base::RedisReply>> run(const base::RedisScript& script,
                                                 base::RedisArguments arguments);
  base::Task<base::Result<base::RedisReply>> command(base::RedisArguments arguments);
  base::Task<base::Status> announce(const Approval& approval);

  base::Loop& loop_;
  base::RedisConnection connection_;
  std::uint64_t checked_ = 0;  // the generation of the connection whose settings were read
};

}  // namespace policies::approvals
