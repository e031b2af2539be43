#include "policies/ledger/redis_node.h"

#include "base/crypto.h"
#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

using base::RedisArguments;
using base::RedisReply;
using base::Result;
using base::Task;

constexpr std::chrono::milliseconds renew_every = RedisNode::lease / 3;
constexpr std::chrono::seconds refusal_lasts{1};
constexpr std::size_t name_length = 16;

}  // namespace

RedisNode::RedisNode(base::Loop& loop, const base::RedisAddress& address, RedisEpoch& epoch,
                     const Clock& clock)
    : loop_(loop),
      connection_(loop, address),
      epoch_(epoch),
      clock_(clock),
      name_(base::random_text("0123456789abcdefghijklmnopqrstuvwxyz", name_length)) {}

RedisTenant& RedisNode::tenant(const std::string& name) {
  if (tenants_.empty()) loop_.spawn(keep_renewing());
  return tenants_.try_emplace(name, *this, name).first->second;
}

Task<Result<RedisTenant::Decision>> RedisNode::admit(const Admission& admission) {
  if (!connection_.connected()) return admit_when_ready(admission);
  return tenant(admission.tenant).admit(admission);
}

Task<Result<RedisTenant::Decision>> RedisNode::admit_when_ready(const Admission& admission) {
  if (auto there = co_await connection_.ready(); !there) co_return std::move(there).error();
  co_return co_await tenant(admission.tenant).admit(admission);
}

Task<Result<std::shared_ptr<const RedisGroup>>> RedisNode::look(const Admission& admission) {
  if (auto there = co_await connection_.ready(); !there) co_return std::move(there).error();
  co_return co_await tenant(admission.tenant).look(admission);
}

Task<Result<std::string>> RedisNode::epoch() {
  const auto now = std::chrono::steady_clock::now();
  const bool asked = asked_ && asked_->generation == connection_.generation();
  const bool known = asked && asked_->epoch.ok() && connection_.connected();
  const bool refused = asked && !asked_->epoch.ok() && now < asked_->at + refusal_lasts;
  if (known || refused) co_return asked_->epoch;
  auto epoch = co_await epoch_.ask(connection_);
  if (connection_.connected()) asked_.emplace(Asked{connection_.generation(), now, epoch});
  co_return epoch;
}

// A lease is renewed long before it ends. Every node ends those of nodes that are gone, whichever
// tenant's.
Task<void> RedisNode::keep_renewing() {
  while (co_await loop_.sleep(renew_every)) {
    RedisArguments command;
    command.add("SMEMBERS").add(tenants_key);
    const auto tenants = co_await connection_.command(std::move(command));
    if (!tenants) continue;
    for (const RedisReply& tenant : tenants->list) {
      RedisArguments arguments;
      arguments.add(std::int64_t{1}).add(nodes_key(tenant.text));
      arguments.add(std::chrono::microseconds(lease).count()).add(name_);
      (void)co_await connection_.run(renew_script, std::move(arguments));
    }
  }
}

}  // namespace policies::ledger
