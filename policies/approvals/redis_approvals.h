#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "policies/approvals/approvals.h"
#include "policies/approvals/decision_rules.h"
#include "policies/approvals/redis_store.h"
#include "policies/approvals/redis_waiting.h"

namespace policies::approvals {

/// Approvals of all gateways on one Redis, which has their events. Whatever changes one is decided
/// on a version of it and appended to that version in one step, or decided anew: of many that
/// decide or claim at once, exactly one does. Times are of Redis's clock.
///
/// Every gateway's journal records what that gateway did: a word before it counts, a use in the
/// commit of its intent, together with all that led to it elsewhere.
class RedisApprovals final : public Approvals {
 public:
  /// All that is given outlives it, and the loops have stopped before it ends.
  RedisApprovals(base::EventLoops& loops, const base::RedisAddress& address, base::Journal& journal,
                 ApprovalLimits limits = {});
  ~RedisApprovals() override;

  void observe(Observer observer) override { observer_ = std::move(observer); }
  base::Task<base::Result<Answer>> ask(Ask ask) override;
  base::Task<base::Result<Approval>> wait(base::Loop& loop, std::string id,
                                          std::chrono::milliseconds longest,
                                          base::Cancellation* cancellation) override;
  base::Task<base::Result<std::unique_ptr<Grant>>> claim(std::string id,
                                                         std::string request) override;
  base::Task<base::Status> end(std::string id, std::string reason) override;
  base::Task<base::Result<Approval>> decide(std::string id, Decision decision) override;
  base::Task<base::Result<Approval>> forget(std::string id, Decider decider) override;
  base::Task<base::Result<Approval>> find(std::string id) override;
  base::Task<base::Result<std::vector<Approval>>> list() override;
  base::Task<void> settle() override;
  void end_waiting() override;

 private:
  class RedisGrant;
  struct Node {
    Node(base::Loop& loop, const base::RedisAddress& address) : store(loop, address) {}
    RedisStore store;
    RedisWaiting waiting{store};
  };

  Node& node_of(const asio::execution_context& context);
  base::Result<Change> change_of(const Loaded& before, base::Json event) const;
  base::Status record(const Change& change);
  void tell(const Approval& approval, Notice notice) const;
  base::Task<base::Status> commit(const Change& change);

  base::Task<base::Result<Loaded>> look_up(RedisStore& store, std::string id);
  base::Task<base::Result<Loaded>> current(RedisStore& store, std::string tenant, std::string id);
  base::Task<base::Result<std::optional<Approval>>> find_remembered(
      RedisStore& store, const Ask& ask, const std::vector<std::string>& ids);
  base::Task<base::Result<Approval>> create(RedisStore& store, Ask ask);
  base::Task<base::Result<Approval>> add_word(RedisStore& store, std::string id,
                                              const Decision& decision, std::string& recorded);
  base::Task<void> take_back(std::string id, std::string request);

  base::Journal& journal_;
  const ApprovalLimits limits_;
  const std::string name_;  ///< of this gateway, in what it records
  Observer observer_;
  std::atomic<bool> ending_{false};
  std::vector<std::unique_ptr<Node>> nodes_;  // one per loop
};

}  // namespace policies::approvals
