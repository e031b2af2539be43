#include "policies/ledger/redis_tenant.h"

#include <algorithm>
#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include "policies/ledger/redis_node.h"
#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

using base::Code;
using base::Error;
using base::RedisArguments;
using base::RedisReply;
using base::Result;
using base::Status;
using base::Task;

constexpr std::chrono::milliseconds retry_pause{100};
// Among so many groups, the newest ones, a call looks for its own.
constexpr std::size_t most_compared = 32;
constexpr int most_attempts = 3;
constexpr std::size_t most_waiting = 10'000;
// Redis remembers what it said to the last eight batches.
constexpr std::size_t most_in_flight = 2;
// How calls ended waits so long for an admission with which it can go: mostly the next call's.
constexpr std::chrono::milliseconds gathering{1};
// Only what happens ends such a wait.
constexpr std::chrono::minutes until_woken{1};

// What batch_script says when it has done nothing.
constexpr std::int64_t other_epoch = -1;
constexpr std::int64_t unknown_node = -2;

Error unavailable(const std::string& reason) {
  return {Code::unavailable, "The store does not answer.", reason};
}

std::int64_t refusal_of_batch(const RedisReply& reply) {
  return reply.list.size() == 1 && reply.list[0].integer < 0 ? reply.list[0].integer : 0;
}

}  // namespace

Task<Result<RedisTenant::Decision>> RedisTenant::admit(const Admission& admission) {
  if (calls_waiting_ >= most_waiting) co_return unavailable("too many calls wait for answers");
  const std::shared_ptr<RedisGroup> group = join(admission);
  const std::int64_t place = group->count++;
  if (const Status decided = co_await wait_for(*group); !decided) co_return decided.error();
  co_return Decision{group, place < group->admitted};
}

Task<Result<std::shared_ptr<const RedisGroup>>> RedisTenant::look(const Admission& admission) {
  if (calls_waiting_ >= most_waiting) co_return unavailable("too many calls wait for answers");
  const std::shared_ptr<RedisGroup> group = add_group(admission);
  group->looks = true;
  group->count = 1;
  if (const Status decided = co_await wait_for(*group); !decided) co_return decided.error();
  co_return group;
}

// For one call that asks.
Task<Status> RedisTenant::wait_for(RedisGroup& group) {
  ++calls_waiting_;
  if (calls_waiting_ == 1 || may_send()) wake();  // the first one begins to gather
  while (!group.decided) {
    std::error_code ended;
    co_await group.done.async_wait(asio::redirect_error(base::use_task, ended));
  }
  if (group.error) co_return *group.error;
  co_return Status{};
}

std::shared_ptr<RedisGroup> RedisTenant::join(const Admission& admission) {
  const auto compared = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), most_compared));
  const auto fits = [&](const std::shared_ptr<RedisGroup>& group) {
    return group->fits(admission);
  };
  const auto found = std::find_if(waiting_.end() - compared, waiting_.end(), fits);
  if (found != waiting_.end()) return *found;
  return add_group(admission);
}

std::shared_ptr<RedisGroup> RedisTenant::add_group(const Admission& admission) {
  waiting_.push_back(std::make_shared<RedisGroup>(node_.loop().executor(), admission,
                                                  node_.clock().wall(), node_.bookings()));
  return waiting_.back();
}

// What a call held before Redis forgot the node was charged as unknown.
void RedisTenant::end(const std::shared_ptr<RedisTaken>& taken, Fate fate) {
  if (taken->registration != registration_) return;
  if (taken->untold.none()) ended_.push_back(taken);
  taken->untold.add(fate);
  if (!std::exchange(working_, true)) node_.loop().spawn(work());
}

// While one is under way, as many calls as in it are worth another one.
bool RedisTenant::may_send() const {
  if (in_flight_ == 0) return gathering_left().count() == 0;
  return in_flight_ < most_in_flight && calls_waiting_ > 1 && calls_waiting_ >= calls_in_flight_;
}

RedisGathering::Duration RedisTenant::gathering_left() const {
  if (waiting_.empty()) return RedisGathering::Duration::zero();
  return gathering_.left(calls_waiting_, node_.clock().steady());
}

void RedisTenant::wake() {
  if (pausing_ != nullptr) pausing_->cancel();
  if (!std::exchange(working_, true)) node_.loop().spawn(work());
}

Task<void> RedisTenant::work() {
  // What other calls have ready in this turn of the loop goes together.
  co_await asio::post(node_.loop().executor(), base::use_task);
  bool goes_on = true, gathered = false;
  while (goes_on && has_work()) {
    if (!may_send()) {
      const RedisGathering::Duration longest = in_flight_ > 0 ? until_woken : gathering_left();
      goes_on = co_await pause(longest);
    } else if (waiting_.empty() && !std::exchange(gathered, true)) {
      goes_on = co_await pause(failed_ ? retry_pause : gathering);
    } else if (registered_ != node_.connection().generation() || !node_.connection().connected()) {
      goes_on = co_await prepare();
    } else {
      std::string epoch = co_await epoch_for_waiting();
      if (waiting_.empty() && ended_.empty()) continue;
      if (!waiting_.empty()) gathering_.sent(calls_waiting_);
      auto batch = take();
      ++in_flight_;
      calls_in_flight_ += batch->calls();
      gathered = failed_ = false;
      node_.loop().spawn(send(std::move(batch), std::move(epoch)));
    }
  }
  if (!goes_on) fail_waiting(unavailable("the gateway ends"));
  working_ = false;
}

// Connects and registers, once nothing is under way any more.
Task<bool> RedisTenant::prepare() {
  if (in_flight_ > 0) co_return co_await pause(until_woken);
  Status there = co_await node_.connection().ready();
  if (there && registered_ != node_.connection().generation()) there = co_await register_node();
  if (there) co_return true;
  fail_waiting(there.error());
  co_return co_await pause(retry_pause);
}

// From then on Redis takes nothing more from earlier connections, and says what it has done.
Task<Status> RedisTenant::register_node() {
  const std::uint64_t generation = node_.connection().generation();
  RedisArguments arguments;
  arguments.add(std::int64_t{3}).add(tenants_key).add(nodes_key(name_));
  arguments.add(record_key(name_, node_.name()));
  arguments.add(name_).add(node_.name()).add(static_cast<std::int64_t>(generation));
  arguments.add(static_cast<std::int64_t>(registration_));
  arguments.add(std::chrono::microseconds(RedisNode::lease).count());
  const auto reply = co_await node_.connection().run(register_script, std::move(arguments));
  if (!reply) co_return reply.error();
  if (reply->list.empty()) co_return unavailable(reply->text);
  if (reply->list.size() == 2) {
    settle_lost(reply->list[1].list);
  } else {  // it is new to Redis, which has charged what it held if anything
    ++registration_;
    ended_.clear();
    lost_.clear();
  }
  registered_ = generation;
  co_return Status{};
}

Task<std::string> RedisTenant::epoch_for_waiting() {
  const auto spends = [](const std::shared_ptr<RedisGroup>& group) { return group->spends; };
  if (std::none_of(waiting_.begin(), waiting_.end(), spends)) co_return std::string();
  auto epoch = co_await node_.epoch();
  if (epoch) co_return *std::move(epoch);
  fail_waiting(epoch.error(), true);
  co_return std::string();
}

// Ends go first, and leave room for admissions.
std::shared_ptr<RedisBatch> RedisTenant::take() {
  auto batch = std::make_shared<RedisBatch>(++number_, registration_);
  while (!ended_.empty() && batch->size() < RedisBatch::most_buckets / 2) {
    batch->add(std::move(ended_.front()));
    ended_.pop_front();
  }
  while (!waiting_.empty() && batch->size() < RedisBatch::most_buckets) {
    const bool alone = waiting_.front()->alone;
    if (alone && !batch->groups().empty()) break;
    calls_waiting_ -= static_cast<std::size_t>(waiting_.front()->count);
    batch->add(std::move(waiting_.front()));
    waiting_.pop_front();
    if (alone) break;
  }
  return batch;
}

Task<void> RedisTenant::send(std::shared_ptr<RedisBatch> batch, std::string epoch) {
  const std::size_t calls = batch->calls();
  const auto sent = node_.clock().steady();
  const RedisSender sender{node_.name(), registered_, std::move(epoch)};
  const auto reply = co_await node_.connection().run(
      batch_script, batch->arguments(name_, sender, node_.clock().wall()));
  --in_flight_;
  calls_in_flight_ -= calls;
  answer(batch, reply);
  if (reply) gathering_.answered(calls, calls_waiting_, sent, node_.clock().steady());
  if (pausing_ != nullptr || has_work()) wake();
}

void RedisTenant::answer(const std::shared_ptr<RedisBatch>& batch,
                         const Result<RedisReply>& reply) {
  if (!reply) {
    lose(batch, reply.error());
  } else if (reply->type == RedisReply::Type::error) {
    failed_ = true;
    untell(*batch);
    for (const auto& group : batch->groups()) group->decide(unavailable(reply->text));
  } else if (const std::int64_t refusal = refusal_of_batch(*reply); refusal != 0) {
    if (refusal == other_epoch) node_.forget_epoch();
    if (refusal == unknown_node) registered_ = 0;
    untell(*batch);
    queue_again(*batch);
  } else if (batch->settle(*reply)) {
    queue_again(*batch);
  } else {
    lose(batch, unavailable("no answer to a batch"));
  }
}

void RedisTenant::lose(std::shared_ptr<RedisBatch> batch, const Error& why) {
  for (const auto& group : batch->groups()) group->decide(why);
  lost_.push_back(std::move(batch));
  registered_ = 0;
}

// `done` are batches that Redis carried out, the last ones: number, and what it said. Nobody waits
// for what they admitted.
void RedisTenant::settle_lost(const std::vector<RedisReply>& done) {
  for (const auto& batch : std::exchange(lost_, {})) {
    const auto is_it = [&](const RedisReply& one) {
      return one.list.size() == 2 &&
             one.list[0].integer == static_cast<std::int64_t>(batch->number());
    };
    const auto found = std::find_if(done.begin(), done.end(), is_it);
    if (found == done.end()) {
      untell(*batch);
      continue;
    }
    for (auto& taken : batch->cancel(found->list[1])) ended_.push_back(std::move(taken));
  }
}

void RedisTenant::untell(RedisBatch& batch) {
  for (auto& taken : batch.take_back()) ended_.push_back(std::move(taken));
}

// Those that are not decided; a group that met another's buckets goes alone.
void RedisTenant::queue_again(RedisBatch& batch) {
  for (const auto& group : batch.groups()) {
    if (group->decided) continue;
    if (++group->attempts == most_attempts) {
      group->decide(unavailable("it refused a batch several times"));
      continue;
    }
    calls_waiting_ += static_cast<std::size_t>(group->count);
    waiting_.push_back(group);
  }
}

void RedisTenant::fail_waiting(const Error& why, bool spending_only) {
  std::deque<std::shared_ptr<RedisGroup>> kept;
  calls_waiting_ = 0;
  for (auto& group : std::exchange(waiting_, {})) {
    if (spending_only && !group->spends) {
      calls_waiting_ += static_cast<std::size_t>(group->count);
      kept.push_back(std::move(group));
    } else {
      group->decide(why);
    }
  }
  waiting_ = std::move(kept);
}

// Until somebody wakes it, or the loop ends: then false.
Task<bool> RedisTenant::pause(RedisGathering::Duration longest) {
  base::Timer timer(node_.loop().io(), longest);
  base::Deadline deadline(node_.loop().watchdog(), [&timer] { timer.cancel(); });
  pausing_ = &timer;
  std::error_code ended;
  co_await timer.async_wait(asio::redirect_error(base::use_task, ended));
  pausing_ = nullptr;
  co_return !node_.loop().ending();
}

}  // namespace policies::ledger
