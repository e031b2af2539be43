#include "policies/ledger/redis_ledger.h"

#include <algorithm>
#include <utility>

#include <asio/this_coro.hpp>

#include "policies/ledger/redis_hold.h"
#include "policies/ledger/redis_usage.h"

namespace policies::ledger {
namespace {

using base::Error;
using base::Result;
using base::Task;

bool is_budget(const Charge& charge) { return charge.quota->is_budget(); }

Refusal refusal_for(const std::vector<Charge>& charges, const RedisRefusal& said) {
  const Charge& charge = charges[static_cast<std::size_t>(said.charge - 1)];
  Refusal refusal = refusal_of(charge, said.used);
  refusal.retry_after =
      std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(said.wait));
  if (is_budget(charge)) refusal.resets = WallTime(std::chrono::seconds(said.resets));
  return refusal;
}

std::vector<Refusal> refusals_for(const std::vector<Charge>& charges, const RedisGroup& group) {
  std::vector<Refusal> refusals;
  for (const RedisRefusal& said : group.refusals) refusals.push_back(refusal_for(charges, said));
  return refusals;
}

Verdict not_admitted(const std::vector<Charge>& charges, const RedisGroup& group) {
  std::vector<Refusal> refusals = refusals_for(charges, group);
  const auto first = static_cast<std::size_t>(group.refusals.front().charge - 1);
  if (charges[first].excess == Excess::ask) return Exceeded{std::move(refusals)};
  return std::move(refusals.front());
}

}  // namespace

RedisLedger::RedisLedger(base::EventLoops& loops, const base::RedisAddress& address,
                         base::Journal& journal, const Clock& clock, StoreDown store_down,
                         std::string known_epoch)
    : clock_(clock),
      local_limits_(store_down.local_limits),
      epoch_(journal, std::move(known_epoch)),
      local_(journal, clock) {
  for (std::size_t at = 0; at < loops.size(); ++at) {
    nodes_.push_back(std::make_unique<RedisNode>(loops.at(at), address, epoch_, clock));
  }
}

RedisLedger::~RedisLedger() = default;

Task<Result<Verdict>> RedisLedger::admit(Admission admission) {
  RedisNode& node = node_of(co_await asio::this_coro::executor);
  auto decision = co_await node.admit(admission);
  if (!decision) {
    co_return co_await decide_locally(std::move(admission), std::move(decision).error());
  }
  if (!decision->admitted) co_return not_admitted(admission.charges, *decision->group);
  co_return Verdict(
      std::make_unique<RedisHold>(node.tenant(admission.tenant), decision->group->taken));
}

Task<Result<Verdict>> RedisLedger::decide_locally(Admission admission, Error away) {
  const auto& charges = admission.charges;
  const bool limits_only = std::none_of(charges.begin(), charges.end(), is_budget);
  if (!limits_only || !local_limits_) co_return away;
  co_return co_await local_.admit(std::move(admission));
}

RedisNode& RedisLedger::node_of(const base::Executor& executor) {
  for (const auto& node : nodes_) {
    if (&node->loop().io() == &asio::query(executor, asio::execution::context)) return *node;
  }
  return *nodes_.front();
}

Task<Result<std::vector<Refusal>>> RedisLedger::look(std::string tenant,
                                                     std::vector<Charge> charges) {
  for (Charge& charge : charges) charge.excess = Excess::ask;  // each of them is asked
  RedisNode& node = node_of(co_await asio::this_coro::executor);
  const Admission looked{std::move(tenant), {}, std::move(charges), false};
  const auto group = co_await node.look(looked);
  if (!group) co_return group.error();
  co_return refusals_for(looked.charges, **group);
}

Task<Result<std::vector<BucketUse>>> RedisLedger::usage() {
  RedisNode& node = node_of(co_await asio::this_coro::executor);
  node.forget_epoch();
  if (auto epoch = co_await node.epoch(); !epoch) co_return std::move(epoch).error();
  co_return co_await read_usage(node.connection(), clock_.wall());
}

Task<base::Status> RedisLedger::accept_loss() {
  RedisNode& node = node_of(co_await asio::this_coro::executor);
  co_return co_await epoch_.accept_loss(node.connection());
}

}  // namespace policies::ledger
