#include "policies/ledger/redis_ledger.h"

#include <algorithm>
#include <utility>

#include <asio/this_coro.hpp>

#include "policies/ledger/redis_hold.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_usage.h"

namespace policies::ledger {
namespace {

using base::Error;
using base::RedisReply;
using base::Result;
using base::Task;

const char* fate_letter(Fate fate) {
  if (fate == Fate::settled) return "s";
  return fate == Fate::cancelled ? "x" : "u";
}

std::int64_t number_of(const RedisReply& reply) {
  const bool is_integer = reply.type == RedisReply::Type::integer;
  return is_integer ? reply.integer : std::strtoll(reply.text.c_str(), nullptr, 10);
}

bool is_budget(const Charge& charge) { return charge.quota->is_budget(); }

}  // namespace

RedisLedger::RedisLedger(base::EventLoops& loops, const base::RedisAddress& address,
                         base::Journal& journal, const Clock& clock, StoreDown store_down,
                         std::string known_epoch)
    : clock_(clock),
      store_down_(store_down),
      epoch_(journal, std::move(known_epoch)),
      local_(journal, clock) {
  for (std::size_t at = 0; at < loops.size(); ++at) {
    nodes_.push_back(std::make_unique<RedisNode>(loops.at(at), address, epoch_, clock));
  }
}

RedisLedger::~RedisLedger() = default;

Task<Result<Verdict>> RedisLedger::admit(Admission admission) {
  RedisNode& node = node_of(co_await asio::this_coro::executor);
  auto reply = co_await node.admit(admission);
  if (!reply) co_return co_await decide_locally(std::move(admission), std::move(reply).error());
  co_return verdict_of(node, admission, *reply);
}

Result<Verdict> RedisLedger::verdict_of(RedisNode& node, const Admission& admission,
                                        const RedisReply& reply) {
  const auto& said = reply.list;
  if (said.size() == 2 && number_of(said[0]) == 1) {
    return Verdict(std::make_unique<RedisHold>(node, admission.tenant, said[1].text));
  }
  const auto index = said.size() == 5 ? number_of(said[1]) : 0;
  if (index < 1 || index > static_cast<std::int64_t>(admission.charges.size())) {
    return Error{base::Code::unavailable, "The store does not answer.", "no refusal of a bucket"};
  }
  const Charge& charge = admission.charges[static_cast<std::size_t>(index - 1)];
  Refusal refusal = refusal_of(charge, number_of(said[2]));
  refusal.retry_after =
      std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(number_of(said[3])));
  if (is_budget(charge)) refusal.resets = WallTime(std::chrono::seconds(number_of(said[4])));
  return Verdict(std::move(refusal));
}

Task<Result<Verdict>> RedisLedger::decide_locally(Admission admission, Error away) {
  const auto& charges = admission.charges;
  const bool limits_only = std::none_of(charges.begin(), charges.end(), is_budget);
  if (!limits_only || !store_down_.local_limits) co_return away;
  co_return co_await local_.admit(std::move(admission));
}

RedisNode& RedisLedger::node_of(const base::Executor& executor) {
  for (const auto& node : nodes_) {
    if (&node->loop().io() == &asio::query(executor, asio::execution::context)) return *node;
  }
  return *nodes_.front();
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

std::vector<base::JournalEntry> RedisHold::resolve(Fate fate) {
  if (std::exchange(resolved_, true) || name_.empty()) return {};
  node_.end(*this, fate_letter(fate));
  return {};
}

}  // namespace policies::ledger
