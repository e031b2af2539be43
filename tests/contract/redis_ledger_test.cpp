#include "policies/ledger/redis_ledger.h"

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "policies/ledger/budget_counter.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_scripts.h"
#include "tests/contract/ledger_subject.h"
#include "tests/support/quotas.h"

namespace redis_ledger_test {

using namespace policies::ledger;
using tests::HoldPointer;
using tests::OnRedis;

namespace {

// What another gateway's event loop tells Redis, word for word.
class StrangeNode final {
 public:
  explicit StrangeNode(OnRedis& subject)
      : subject_(subject), redis_(subject.loops().at(0), subject.server->address()) {}

  /// Whether Redis answers; `registration` is that which it has given the node, "0" for none.
  bool registers(std::uint64_t generation, const std::string& registration,
                 std::chrono::milliseconds lease) {
    base::RedisArguments arguments{
        "3", tenants_key, nodes_key("acme"), record_key("acme", "node"), "acme", "node"};
    arguments.add(static_cast<std::int64_t>(generation)).add(registration);
    arguments.add(std::chrono::microseconds(lease).count());
    return !subject_.run(redis_.run(register_script, arguments))->list.empty();
  }
  /// How many of one, or why nothing was done.
  std::int64_t admits(const Quota& quota, std::uint64_t generation) {
    const SystemClock clock;
    auto group = std::make_shared<RedisGroup>(
        subject_.loops().at(0).executor(), tests::admission_of({&quota}), clock.wall(), bookings_);
    group->count = 1;
    RedisBatch batch(++number_, 1);
    batch.add(group);
    const auto reply = subject_.run(
        redis_.run(batch_script, batch.arguments("acme", {"node", generation, ""}, clock.wall())));
    return reply->list.back().integer;
  }

  void ends(const Quota& budget, std::int64_t calls) {
    const SystemClock clock;
    auto taken = std::make_shared<RedisTaken>();
    const RedisCharge charge(tests::admission_of({&budget}).charges[0], "acme", clock.wall(),
                             bookings_);
    const std::int64_t start = seconds_of(bookings_.of(budget.window, clock.wall()).start);
    taken->parts.push_back({charge.key, start, 1, false});
    taken->untold.settled = calls;
    RedisBatch batch(++number_, 1);
    batch.add(std::move(taken));
    REQUIRE(
        subject_
            .run(redis_.run(batch_script, batch.arguments("acme", {"node", 1, ""}, clock.wall())))
            ->list.empty());
  }

 private:
  OnRedis& subject_;
  base::RedisConnection redis_;
  Bookings bookings_;
  std::uint64_t number_ = 0;
};

}  // namespace

TEST_CASE("ledger on Redis: scripts that Redis forgot are sent again", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 2);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  subject.command({"SCRIPT", "FLUSH"});
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  CHECK(subject.refused(tests::admission_of({&budget})).used == 2);
}

TEST_CASE("ledger on Redis: while it is away budgets are refused and limits are local",
          "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 100), slots = tests::slots_quota(1);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  subject.server->kill();
  for (int call = 0; call < 3; ++call) CHECK(subject.error(tests::admission_of({&budget})) != "");
  HoldPointer hold = subject.allowed(tests::admission_of({&slots}));
  CHECK(subject.refused(tests::admission_of({&slots})).kind == Quota::Kind::concurrency);
  subject.resolve(std::move(hold), Fate::settled);
  subject.server->start();
  subject.await([&] { return subject.error(tests::admission_of({&budget})).empty(); });
}

TEST_CASE("ledger on Redis: a Redis that lost its data is not read as zero until that is accepted",
          "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 3), slots = tests::slots_quota(5);
  subject.resolve(subject.allowed(tests::admission_of({&budget}, 3)), Fate::settled);
  const std::string epoch = subject.epoch();
  OnRedis other(subject.server, epoch);
  CHECK(other.refused(tests::admission_of({&budget})).used == 3);
  subject.command({"FLUSHALL"});
  CHECK(subject.error(tests::admission_of({&budget})).find("--accept-loss") != std::string::npos);
  CHECK(subject.error(tests::admission_of({&budget})).find("--accept-loss") != std::string::npos);
  CHECK_FALSE(subject.run(subject.ledger().usage()).ok());
  subject.resolve(subject.allowed(tests::admission_of({&slots})), Fate::settled);

  OnRedis newcomer(subject.server);  // knows nothing of the loss
  newcomer.resolve(newcomer.allowed(tests::admission_of({&budget})), Fate::settled);
  CHECK_FALSE(other.error(tests::admission_of({&budget})).empty());

  CHECK(subject.run(subject.ledger().accept_loss()).ok());
  for (OnRedis* gateway : {&subject, &other}) {  // one has accepted for all
    gateway->await([&] { return gateway->error(tests::admission_of({&budget}, 2)).empty(); });
  }
  CHECK(subject.epoch() != epoch);
}

TEST_CASE("ledger on Redis: a gateway that starts anew does not take an empty Redis for its own",
          "[contract]") {
  OnRedis subject(std::make_shared<tests::RedisServer>(), "the epoch of before");
  const Quota budget = tests::budget_quota("daily", 3);
  CHECK(subject.error(tests::admission_of({&budget})).find("--accept-loss") != std::string::npos);
}

TEST_CASE("ledger on Redis: what is spent stays when Redis is killed", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 3);
  subject.resolve(subject.allowed(tests::admission_of({&budget}, 3)), Fate::settled);
  subject.await([&] { return subject.use_of("role/writer/daily/calls agent:a").settled == 3; });
  subject.server->kill();
  subject.server->start();
  subject.await([&] { return subject.error(tests::admission_of({&budget})).empty(); });
  CHECK(subject.refused(tests::admission_of({&budget})).used == 3);
}

TEST_CASE("ledger on Redis: budgets are refused on a Redis that is not configured to keep them",
          "[contract]") {
  const Quota budget = tests::budget_quota("daily", 3), slots = tests::slots_quota(5);
  for (const auto& [arguments, named] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--appendonly", "no"}, "appendonly is 'no'"},
           {{"--appendfsync", "everysec"}, "appendfsync is 'everysec'"},
           {{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"}, "'allkeys-lru'"},
           {{"--rename-command", "CONFIG", ""}, "does not say"}}) {
    INFO(named);
    OnRedis subject(std::make_shared<tests::RedisServer>(arguments));
    CHECK(subject.error(tests::admission_of({&budget})).find(named) != std::string::npos);
    subject.resolve(subject.allowed(tests::admission_of({&slots})), Fate::settled);
  }
}

TEST_CASE("ledger on Redis: an admission whose answer was lost is given back when Redis is there",
          "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 2), slots = tests::slots_quota(1);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  subject.server->signal(SIGSTOP);
  CHECK_FALSE(subject.error(tests::admission_of({&budget, &slots})).empty());
  subject.server->signal(SIGCONT);
  subject.await([&] { return subject.error(tests::admission_of({&slots})).empty(); });
  // Long before any lease ends.
  HoldPointer hold;
  subject.await([&] {
    auto verdict = subject.run(subject.ledger().admit(tests::admission_of({&budget, &slots})));
    if (!verdict || !std::holds_alternative<HoldPointer>(*verdict)) return false;
    hold = std::get<HoldPointer>(std::move(*verdict));
    return true;
  });
  subject.resolve(std::move(hold), Fate::settled);
  CHECK(subject.refused(tests::admission_of({&budget})).used == 2);
  subject.await([&] { return subject.use_of("role/writer/daily/calls agent:a").settled == 2; });
  CHECK(subject.use_of("role/writer/daily/calls agent:a").unknown == 0);
}

TEST_CASE("ledger on Redis: what a lost connection brings after it was given up is refused",
          "[contract]") {
  OnRedis subject;
  const Quota slots = tests::slots_quota(5);
  StrangeNode node(subject);
  REQUIRE(node.registers(7, "0", RedisNode::lease));
  CHECK(node.admits(slots, 7) == 1);
  REQUIRE(node.registers(8, "1", RedisNode::lease));
  CHECK(node.admits(slots, 6) == -2);
  CHECK(node.admits(slots, 7) == -2);
  CHECK(node.admits(slots, 8) == 1);
}

TEST_CASE(
    "ledger on Redis: what a gateway held that died is charged as unknown, and its slots are free",
    "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 5), slots = tests::slots_quota(1);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  StrangeNode node(subject);
  REQUIRE(node.registers(1, "0", std::chrono::milliseconds(0)));
  CHECK(node.admits(budget, 1) == 1);
  CHECK(node.admits(slots, 1) == 1);
  subject.resolve(subject.allowed(tests::admission_of({&slots, &budget})), Fate::settled);
  const BucketUse use = subject.use_of("role/writer/daily/calls agent:a");
  CHECK(use.unknown == 1);
  CHECK(use.used() == 3);
  CHECK(node.admits(slots, 1) == -2);  // it is not known any more
}

TEST_CASE(
    "ledger on Redis: calls that began before Redis forgot their gateway change nothing any more",
    "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 5);
  HoldPointer forgotten = subject.allowed(tests::admission_of({&budget}));
  const std::string nodes = nodes_key("acme");
  subject.command({"EVAL",
                   "redis.call('DEL', KEYS[1] .. ':' .. redis.call('ZRANGE', KEYS[1], 0, 0)[1])",
                   "1", nodes});
  HoldPointer held = subject.allowed(tests::admission_of({&budget}));
  subject.resolve(std::move(forgotten), Fate::cancelled);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  subject.await([&] { return subject.use_of("role/writer/daily/calls agent:a").settled == 1; });
  CHECK(subject.use_of("role/writer/daily/calls agent:a").used() == 3);
  subject.resolve(std::move(held), Fate::settled);
  subject.await([&] { return subject.use_of("role/writer/daily/calls agent:a").settled == 2; });
}

TEST_CASE("ledger on Redis: a slot is free for other gateways when its call has ended",
          "[contract]") {
  OnRedis subject, other(subject.server);
  const Quota slots = tests::slots_quota(2);
  HoldPointer first = subject.allowed(tests::admission_of({&slots}));
  HoldPointer second = subject.allowed(tests::admission_of({&slots}));
  CHECK(other.refused(tests::admission_of({&slots})).used == 2);
  subject.resolve(std::move(first), Fate::settled);
  other.await([&] {
    return other.command(
               {"GET", "sluice:{acme}:c:" + tests::admission_of({&slots}).charges[0].key()}) == "1";
  });
  other.resolve(other.allowed(tests::admission_of({&slots})), Fate::settled);
  subject.resolve(std::move(second), Fate::settled);
}

TEST_CASE("ledger on Redis: no gateway ends more than it holds", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 5);
  StrangeNode node(subject);
  REQUIRE(node.registers(1, "0", RedisNode::lease));
  CHECK(node.admits(budget, 1) == 1);
  node.ends(budget, 3);
  const BucketUse use = subject.use_of("role/writer/daily/calls agent:a");
  CHECK(use.settled == 1);
  CHECK(use.used() == 1);
}

TEST_CASE("ledger on Redis: how a call ended is told when Redis is there again", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 2);
  HoldPointer settled = subject.allowed(tests::admission_of({&budget}));
  HoldPointer cancelled = subject.allowed(tests::admission_of({&budget}));
  SECTION("it was away before") { subject.server->kill(); }
  SECTION("it went away without having been told") { subject.server->signal(SIGSTOP); }
  subject.resolve(std::move(settled), Fate::settled);
  subject.resolve(std::move(cancelled), Fate::cancelled);
  ::usleep(20'000);
  subject.server->kill();
  subject.server->start();
  subject.await([&] { return subject.error(tests::admission_of({&budget}, 2)).empty(); });
  subject.await([&] {
    const BucketUse use = subject.use_of("role/writer/daily/calls agent:a");
    return use.settled == 1 && use.used() == 1;
  });
}

TEST_CASE("ledger on Redis: it recovers from whatever a Redis can answer", "[contract]") {
  const Quota budget = tests::budget_quota("daily", 1'000'000);
  OnRedis subject;
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  const auto fails_until = [&](base::RedisArguments breaks, base::RedisArguments mends) {
    subject.command(std::move(breaks));
    CHECK_FALSE(subject.error(tests::admission_of({&budget})).empty());
    subject.command(std::move(mends));
    subject.await([&] { return subject.error(tests::admission_of({&budget})).empty(); });
  };
  SECTION("its memory is full") {
    fails_until({"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"});
  }
  SECTION("it is a replica, and cannot write") {
    fails_until({"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"});
  }
  SECTION("it closes connections") {
    subject.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    subject.await([&] { return subject.error(tests::admission_of({&budget})).empty(); });
  }
  SECTION("it is stopped for a while") {
    subject.server->signal(SIGSTOP);
    CHECK_FALSE(subject.error(tests::admission_of({&budget})).empty());
    subject.server->signal(SIGCONT);
    subject.await([&] { return subject.error(tests::admission_of({&budget})).empty(); });
  }
}

}  // namespace redis_ledger_test
