#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policies/ledger/redis_batch.h"
#include "policies/ledger/redis_gathering.h"

namespace policies::ledger {

class RedisNode;

/// What calls of one tenant on one event loop ask of Redis and tell it, in batches: while some are
/// under way, what comes meanwhile gathers for the next. So calls in flight share scripts, round
/// trips and writes to Redis's disk, and few batches can be lost, of which Redis knows whether they
/// were carried out. Belongs to its loop.
class RedisTenant final {
 public:
  /// The node outlives it.
  RedisTenant(RedisNode& node, std::string name) : node_(node), name_(std::move(name)) {}

  struct Decision {
    std::shared_ptr<RedisGroup> group;
    bool admitted = false;  ///< else the group says why not
  };
  /// Code::unavailable: nothing was taken, or it is given back as soon as Redis is there again.
  base::Task<base::Result<Decision>> admit(const Admission& admission);
  /// Takes nothing: the group is told which charges find no room.
  base::Task<base::Result<std::shared_ptr<const RedisGroup>>> look(const Admission& admission);
  /// Does not wait. Redis is told as soon as it is there.
  void end(const std::shared_ptr<RedisTaken>& taken, Fate fate);

 private:
  std::shared_ptr<RedisGroup> join(const Admission& admission);
  std::shared_ptr<RedisGroup> add_group(const Admission& admission);
  base::Task<base::Status> wait_for(RedisGroup& group);
  bool has_work() const { return !waiting_.empty() || !ended_.empty() || !lost_.empty(); }
  bool may_send() const;
  RedisGathering::Duration gathering_left() const;
  void wake();
  base::Task<void> work();
  base::Task<bool> prepare();
  base::Task<base::Status> register_node();
  base::Task<std::string> epoch_for_waiting();
  std::shared_ptr<RedisBatch> take();
  base::Task<void> send(std::shared_ptr<RedisBatch> batch, std::string epoch);
  void answer(const std::shared_ptr<RedisBatch>& batch,
              const base::Result<base::RedisReply>& reply);
  void lose(std::shared_ptr<RedisBatch> batch, const base::Error& why);
  void settle_lost(const std::vector<base::RedisReply>& done);
  void untell(RedisBatch& batch);
  void queue_again(RedisBatch& batch);
  void fail_waiting(const base::Error& why, bool spending_only = false);
  base::Task<bool> pause(RedisGathering::Duration longest);

  RedisNode& node_;
  const std::string name_;
  std::deque<std::shared_ptr<RedisGroup>> waiting_;
  std::size_t calls_waiting_ = 0;
  std::deque<std::shared_ptr<RedisTaken>> ended_;
  // Of which is not known whether they were carried out.
  std::vector<std::shared_ptr<RedisBatch>> lost_;
  std::size_t in_flight_ = 0;        // batches
  std::size_t calls_in_flight_ = 0;  // in these
  std::uint64_t registered_ = 0;     // the connection's generation
  std::uint64_t registration_ = 0;   // counts how often Redis did not know the node
  std::uint64_t number_ = 0;         // of the last batch
  RedisGathering gathering_;
  bool working_ = false;
  bool failed_ = false;  // the last batch was answered with an error
  base::Timer* pausing_ = nullptr;
};

}  // namespace policies::ledger
