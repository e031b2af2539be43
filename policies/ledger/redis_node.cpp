#include "policies/ledger/redis_node.h"

#include <algorithm>

#include "base/crypto.h"
#include "policies/ledger/redis_hold.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

using base::Code;
using base::Error;
using base::RedisArguments;
using base::RedisReply;
using base::Result;
using base::Task;

constexpr std::chrono::milliseconds renew_every = RedisNode::lease / 3;
constexpr std::chrono::milliseconds retry_pause{100};
constexpr std::chrono::seconds refusal_lasts{1};
constexpr std::size_t at_once = 256;
constexpr std::size_t most_lost = 10'000;
constexpr std::size_t name_length = 16;

RedisArguments on_leases(const std::string& tenant) {
  RedisArguments arguments;
  arguments.add(std::int64_t{1}).add(leases_key(tenant));
  return arguments;
}

bool is_error(const Result<RedisReply>& reply) {
  return !reply || reply->type == RedisReply::Type::error;
}

// -1: the epoch is another; -2: this connection was given up.
bool asks_again(const RedisReply& reply) {
  return reply.list.size() == 1 && reply.list[0].integer < 0;
}

bool spends(const Admission& admission) {
  return std::any_of(admission.charges.begin(), admission.charges.end(),
                     [](const Charge& charge) { return charge.quota->is_budget(); });
}

}  // namespace

RedisNode::RedisNode(base::Loop& loop, const base::RedisAddress& address, RedisEpoch& epoch,
                     const Clock& clock)
    : loop_(loop),
      connection_(loop, address),
      epoch_(epoch),
      clock_(clock),
      name_(base::random_text("0123456789abcdefghijklmnopqrstuvwxyz", name_length)) {}

Task<Result<RedisReply>> RedisNode::admit(const Admission& admission) {
  auto reply = co_await try_to_admit(admission);
  if (reply && asks_again(*reply)) {
    forget_epoch();
    reply = co_await try_to_admit(admission);
  }
  if (!reply) co_return reply;
  const bool answered = reply->type == RedisReply::Type::list && !asks_again(*reply);
  if (!answered) co_return Error{Code::unavailable, "The store does not answer.", reply->text};
  co_return reply;
}

Task<Result<RedisReply>> RedisNode::try_to_admit(const Admission& admission) {
  if (!connection_.connected()) {
    if (auto there = co_await connection_.ready(); !there) co_return std::move(there).error();
  }
  if (prepared_ != connection_.generation()) co_await prepare();
  if (!tenants_.contains(admission.tenant)) co_await introduce(admission.tenant);
  if (!lost_.empty()) co_await cancel_lost();
  std::string epoch;
  const bool asks = spends(admission);
  if (asks && knows_epoch()) {
    epoch = *asked_->epoch;
  } else if (asks) {
    auto asked = co_await this->epoch();
    if (!asked) co_return std::move(asked).error();
    epoch = *std::move(asked);
  }
  const std::uint64_t generation = connection_.generation();
  auto reply = co_await connection_.run(
      admit_script,
      admit_arguments(admission, {name_, generation, epoch}, lease, clock_.wall(), bookings_));
  if (!reply) lose(admission, generation);
  co_return reply;
}

// Redis is told the scripts before they are needed: what ends a call then stays ahead of the calls
// that come after it.
Task<void> RedisNode::prepare() {
  prepared_ = connection_.generation();
  for (const base::RedisScript* script : {&admit_script, &resolve_script}) {
    RedisArguments command;
    command.add("SCRIPT").add("LOAD").add(script->text);
    (void)co_await connection_.command(std::move(command));
  }
}

// From then on some gateway ends its leases, whoever made them.
Task<void> RedisNode::introduce(std::string tenant) {
  if (!std::exchange(renewing_, true)) loop_.spawn(keep_renewing());
  RedisArguments command;
  command.add("SADD").add(tenants_key).add(tenant);
  const auto reply = co_await connection_.command(std::move(command));
  if (!is_error(reply)) tenants_.insert(std::move(tenant));
}

bool RedisNode::knows_epoch() const {
  return asked_ && asked_->generation == connection_.generation() && connection_.connected() &&
         asked_->epoch.ok();
}

Task<Result<std::string>> RedisNode::epoch() {
  const auto now = std::chrono::steady_clock::now();
  const bool refused = asked_ && asked_->generation == connection_.generation() &&
                       !asked_->epoch.ok() && now < asked_->at + refusal_lasts;
  if (knows_epoch() || refused) co_return asked_->epoch;
  auto epoch = co_await epoch_.ask(connection_);
  if (connection_.connected()) asked_.emplace(Asked{connection_.generation(), now, epoch});
  co_return epoch;
}

void RedisNode::lose(const Admission& admission, std::uint64_t generation) {
  const bool stands = connection_.connected() && connection_.generation() == generation;
  if (stands) return;  // it was not sent
  if (lost_.size() == most_lost) lost_.pop_front();
  lost_.push_back({admission.tenant, admission.call, generation});
  if (!std::exchange(recovering_, true)) loop_.spawn(recover());
}

Task<void> RedisNode::recover() {
  while (!lost_.empty()) {
    if (!co_await loop_.sleep(retry_pause)) break;
    const base::Status there = co_await connection_.ready();
    if (there) co_await cancel_lost();
  }
  recovering_ = false;
}

Task<void> RedisNode::cancel_lost() {
  if (std::exchange(cancelling_, true)) co_return;
  std::map<std::string, std::vector<Lost>> by_tenant;
  for (Lost& lost : std::exchange(lost_, {})) by_tenant[lost.tenant].push_back(std::move(lost));
  for (auto& [tenant, calls] : by_tenant) {
    std::uint64_t generation = 0;
    for (const Lost& lost : calls) generation = std::max(generation, lost.generation);
    RedisArguments arguments;
    arguments.add(std::int64_t{2}).add(store_key).add(leases_key(tenant));
    arguments.add(name_).add(static_cast<std::int64_t>(generation));
    for (const Lost& lost : calls) arguments.add(lost.call);
    const auto reply = co_await connection_.run(cancel_script, std::move(arguments));
    if (!is_error(reply)) continue;
    for (Lost& lost : calls) lost_.push_back(std::move(lost));
  }
  cancelling_ = false;
}

void RedisNode::end(const RedisHold& hold, const char* fate) {
  held_.erase(&hold);
  Ended& ended = ended_[hold.tenant()];
  ended.ends.emplace_back(fate, hold.name());
  if (!std::exchange(ended.sending, true)) loop_.spawn(send_ended(hold.tenant()));
}

// What ended in one turn of the loop goes together, ahead of later admissions.
Task<void> RedisNode::send_ended(std::string tenant) {
  Ended& ended = ended_[tenant];
  do {
    ended.sending = false;
    auto batch = std::exchange(ended.ends, {});
    if (co_await resolve(tenant, batch)) co_return;
    ended.ends.insert(ended.ends.begin(), std::make_move_iterator(batch.begin()),
                      std::make_move_iterator(batch.end()));
    if (!co_await loop_.sleep(retry_pause)) co_return;
  } while (!std::exchange(ended.sending, true));
}

// Takes out of the batch what Redis was told.
Task<bool> RedisNode::resolve(std::string tenant, decltype(Ended::ends)& batch) {
  while (!batch.empty()) {
    const std::size_t count = std::min(at_once, batch.size());
    RedisArguments arguments = on_leases(tenant);
    for (std::size_t at = 0; at < count; ++at) {
      arguments.add(batch[at].first).add(batch[at].second);
    }
    const auto reply = co_await connection_.run(resolve_script, std::move(arguments));
    if (is_error(reply)) co_return false;
    batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
  co_return true;
}

// A lease is renewed long before it ends, for as long as its call runs and until Redis was told how
// it ended.
Task<void> RedisNode::keep_renewing() {
  while (co_await loop_.sleep(renew_every)) {
    std::map<std::string, std::vector<std::string>> holds;
    RedisArguments command;
    command.add("SMEMBERS").add(tenants_key);
    const auto tenants = co_await connection_.command(std::move(command));
    if (is_error(tenants)) continue;
    for (const RedisReply& tenant : tenants->list) holds[tenant.text];
    for (const RedisHold* hold : held_) holds[hold->tenant()].push_back(hold->name());
    for (const auto& [tenant, ended] : ended_) {
      for (const auto& end : ended.ends) holds[tenant].push_back(end.second);
    }
    for (auto& [tenant, names] : holds) co_await renew(tenant, std::move(names));
  }
}

Task<void> RedisNode::renew(std::string tenant, std::vector<std::string> holds) {
  std::size_t at = 0;
  do {
    RedisArguments arguments = on_leases(tenant);
    arguments.add(std::chrono::microseconds(lease).count());
    for (const std::size_t end = std::min(at + at_once, holds.size()); at < end; ++at) {
      arguments.add(holds[at]);
    }
    (void)co_await connection_.run(renew_script, std::move(arguments));
  } while (at < holds.size());
}

}  // namespace policies::ledger
