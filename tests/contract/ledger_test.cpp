#include "policies/ledger/ledger.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "policies/ledger/memory_ledger.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_ledger.h"
#include "policies/ledger/redis_scripts.h"
#include "policies/ledger/spending_table.h"
#include "tests/support/memory_journal.h"
#include "tests/support/quotas.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

using namespace policies::ledger;
using HoldPointer = std::unique_ptr<Hold>;

namespace {

// Event loops, and a ledger that is used on them.
class Subject {
 public:
  virtual ~Subject() { stop(); }
  Ledger& ledger() { return *ledger_; }
  base::EventLoops& loops() { return loops_; }

  template <class T>
  T run(base::Task<T> task, std::size_t loop = 0) {
    std::promise<T> promise;
    auto future = promise.get_future();
    const auto keep = [](base::Task<T> running, std::promise<T>& kept) -> base::Task<void> {
      kept.set_value(co_await std::move(running));
    };
    loops_.at(loop).spawn(keep(std::move(task), promise));
    return future.get();
  }

  void resolve(HoldPointer hold, Fate fate) {
    const auto on_loop = [](HoldPointer ended, Fate how) -> base::Task<bool> {
      ended->resolve(how);
      ended->resolve(Fate::cancelled);  // changes nothing any more
      co_return true;
    };
    run(on_loop(std::move(hold), fate));
  }
  Verdict admit(Admission admission) {
    auto verdict = run(ledger_->admit(std::move(admission)));
    REQUIRE(verdict.ok());
    return std::move(*verdict);
  }
  HoldPointer allowed(Admission admission) {
    Verdict verdict = admit(std::move(admission));
    REQUIRE(std::holds_alternative<HoldPointer>(verdict));
    return std::get<HoldPointer>(std::move(verdict));
  }
  Refusal refused(Admission admission) {
    Verdict verdict = admit(std::move(admission));
    REQUIRE(std::holds_alternative<Refusal>(verdict));
    return std::get<Refusal>(std::move(verdict));
  }
  BucketUse use_of(const std::string& key) {
    auto uses = run(ledger_->usage());
    REQUIRE(uses.ok());
    for (const BucketUse& use : *uses) {
      if (use.key == key) return use;
    }
    return {};
  }

 protected:
  Subject() { loops_.start(); }
  void stop() { loops_.stop(); }

  SystemClock clock_;
  base::EventLoops loops_{2};
  std::unique_ptr<Ledger> ledger_;
};

// Both loops write to it.
class LockedJournal final : public base::Journal {
 public:
  base::Task<base::Status> commit(std::vector<base::JournalEntry> entries) override {
    co_return submit(std::move(entries));
  }
  base::Status submit(std::vector<base::JournalEntry> entries) override {
    const std::lock_guard lock(mutex_);
    return journal_.submit(std::move(entries));
  }
  bool writable() const override { return true; }

 private:
  std::mutex mutex_;
  tests::MemoryJournal journal_;
};

class InMemory final : public Subject {
 public:
  InMemory() { ledger_ = std::make_unique<MemoryLedger>(journal_, clock_); }
  ~InMemory() override {
    stop();
    ledger_.reset();
  }

 private:
  LockedJournal journal_;
};

class OnSqlite final : public Subject {
 public:
  OnSqlite() {
    auto table = std::make_unique<SpendingTable>(clock_);
    const SpendingTable& spending = *table;
    base::SqliteJournal::Projections projections;
    projections.push_back(std::move(table));
    journal_ = std::move(
        *base::SqliteJournal::open(directory_ / "journal.db", {}, std::move(projections)));
    ledger_ = std::make_unique<MemoryLedger>(*journal_, clock_, spending.rows());
  }
  ~OnSqlite() override {
    stop();
    ledger_.reset();
  }

 private:
  tests::TempDir directory_;
  std::unique_ptr<base::SqliteJournal> journal_;
};

// Gateways on one Redis, each with what its journal knows of it.
class OnRedis final : public Subject {
 public:
  explicit OnRedis(std::shared_ptr<tests::RedisServer> on = std::make_shared<tests::RedisServer>(),
                   std::string epoch = {})
      : server(std::move(on)) {
    ledger_ = std::make_unique<RedisLedger>(loops_, server->address(), journal_, clock_,
                                            StoreDown{true}, std::move(epoch));
  }
  ~OnRedis() override {
    stop();
    ledger_.reset();
  }
  std::string command(base::RedisArguments arguments) {
    base::RedisConnection other(loops().at(0), server->address());
    const auto reply = run(other.command(std::move(arguments)));
    REQUIRE(reply.ok());
    return reply->text;
  }
  std::string epoch() { return command({"HGET", "sluice:store", "epoch"}); }
  // What an admission is told that cannot be decided.
  std::string error(Admission admission) {
    const auto verdict = run(ledger_->admit(std::move(admission)));
    if (verdict.ok()) return "";
    CHECK(verdict.error().code == base::Code::unavailable);
    return verdict.error().message;
  }
  void await(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (condition()) return;
      ::usleep(20'000);
    }
    FAIL("waited in vain");
  }

  const std::shared_ptr<tests::RedisServer> server;

 private:
  LockedJournal journal_;
};

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

// Which of calls are admitted that are all in flight at once; they hold nothing afterwards but what
// counts as unknown.
base::Task<std::vector<bool>> admit_together(Ledger& ledger, std::vector<Admission> calls) {
  std::vector<bool> admitted(calls.size());
  std::size_t ended = 0;
  const auto one = [&](Admission call, std::size_t at) -> base::Task<void> {
    const auto verdict = co_await ledger.admit(std::move(call));
    CHECK(verdict.ok());
    admitted[at] = verdict.ok() && std::holds_alternative<HoldPointer>(*verdict);
    ++ended;
  };
  const auto executor = co_await asio::this_coro::executor;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    asio::co_spawn(executor, one(std::move(calls[at]), at), asio::detached);
  }
  while (ended < calls.size()) co_await asio::post(executor, base::use_task);
  co_return admitted;
}

// How many of three calls under each of two quotas are admitted when all are in flight at once.
std::int64_t admitted_together(Subject& subject, const Quota& one, const Quota& other) {
  std::vector<Admission> calls;
  for (const Quota* quota : {&one, &one, &one, &other, &other, &other}) {
    calls.push_back(tests::admission_of({quota}));
  }
  const auto admitted = subject.run(admit_together(subject.ledger(), std::move(calls)));
  return std::count(admitted.begin(), admitted.end(), true);
}

template <class Implementation>
std::unique_ptr<Subject> make() {
  return std::make_unique<Implementation>();
}

struct Named {
  const char* name;
  std::unique_ptr<Subject> (*make)();
};
const Named implementations[] = {
    {"memory", make<InMemory>}, {"sqlite", make<OnSqlite>}, {"redis", make<OnRedis>}};

}  // namespace

TEST_CASE("ledger: a budget admits exactly its limit, and a refusal says what is used",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota budget = tests::budget_quota("daily", 5);
    for (int call = 0; call < 5; ++call) {
      subject->resolve(subject->allowed(tests::admission_of({&budget}, 1, call % 2 == 0)),
                       Fate::settled);
    }
    const Refusal refusal = subject->refused(tests::admission_of({&budget}));
    CHECK(refusal.rule == "writer/daily");
    CHECK(refusal.kind == Quota::Kind::calls);
    CHECK(refusal.limit == 5);
    CHECK(refusal.used == 5);
    CHECK(refusal.remaining == 0);
    CHECK(refusal.retry_after.count() > 0);
    REQUIRE(refusal.resets.has_value());
    CHECK(*refusal.resets > std::chrono::system_clock::now());
    const BucketUse use = subject->use_of("role/writer/daily/calls agent:a");
    CHECK(use.used() == 5);
    CHECK(use.held == 0);
  }
}

TEST_CASE("ledger: a call that one bucket refuses takes nothing of the others", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota wide = tests::budget_quota("wide", 10), narrow = tests::budget_quota("narrow", 1);
    const Quota slots = tests::slots_quota(1);
    subject->resolve(subject->allowed(tests::admission_of({&narrow})), Fate::settled);
    for (int call = 0; call < 3; ++call) {
      CHECK(subject->refused(tests::admission_of({&wide, &slots, &narrow})).rule ==
            "writer/narrow");
    }
    subject->resolve(subject->allowed(tests::admission_of({&wide, &slots}, 10)), Fate::settled);
  }
}

TEST_CASE("ledger: what was not carried out is given back, what may have been is charged",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota budget = tests::budget_quota("daily", 2);
    for (int call = 0; call < 5; ++call) {
      subject->resolve(subject->allowed(tests::admission_of({&budget}, 2)), Fate::cancelled);
    }
    subject->resolve(subject->allowed(tests::admission_of({&budget}, 2)), Fate::unknown);
    CHECK(subject->refused(tests::admission_of({&budget})).used == 2);
    const BucketUse use = subject->use_of("role/writer/daily/calls agent:a");
    CHECK(use.unknown == 2);
    CHECK(use.held == 0);
  }
}

TEST_CASE("ledger: a held slot counts until its call ends", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota slots = tests::slots_quota(2);
    HoldPointer first = subject->allowed(tests::admission_of({&slots}));
    HoldPointer second = subject->allowed(tests::admission_of({&slots}));
    const Refusal refusal = subject->refused(tests::admission_of({&slots}));
    CHECK(refusal.kind == Quota::Kind::concurrency);
    CHECK(refusal.used == 2);
    subject->resolve(std::move(first), Fate::settled);
    subject->resolve(subject->allowed(tests::admission_of({&slots})), Fate::settled);
    subject->resolve(std::move(second), Fate::settled);
  }
}

TEST_CASE("ledger: a rate allows its burst at once and then says when to come back", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota rate = tests::rate_quota(6, std::chrono::minutes(1), 3);
    for (int call = 0; call < 3; ++call) {
      subject->resolve(subject->allowed(tests::admission_of({&rate})), Fate::settled);
    }
    const Refusal refusal = subject->refused(tests::admission_of({&rate}));
    CHECK(refusal.kind == Quota::Kind::rate);
    CHECK(refusal.retry_after > std::chrono::seconds(5));
    CHECK(refusal.retry_after <= std::chrono::seconds(10));
  }
}

TEST_CASE("ledger: large amounts are counted to the last unit", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const std::int64_t most = 9'000'000'000'000'000;
    const Quota budget = tests::budget_quota("daily", most);
    subject->resolve(subject->allowed(tests::admission_of({&budget}, most - 1)), Fate::settled);
    CHECK(subject->refused(tests::admission_of({&budget}, 2)).used == most - 1);
    subject->resolve(subject->allowed(tests::admission_of({&budget}, 1)), Fate::settled);
    CHECK(subject->refused(tests::admission_of({&budget}, 1)).used == most);
  }
}

TEST_CASE("ledger: a rolling window counts as well", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota budget = tests::budget_quota("rolling", 3, Window::Unit::rolling);
    for (int call = 0; call < 3; ++call) {
      subject->resolve(subject->allowed(tests::admission_of({&budget})), Fate::settled);
    }
    CHECK(subject->refused(tests::admission_of({&budget})).used == 3);
  }
}

TEST_CASE("ledger: calls from all loops at once never take more than there is", "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota budget = tests::budget_quota("daily", 500), slots = tests::slots_quota(40);
    std::atomic<int> admitted{0}, running{0}, most_running{0};
    std::vector<std::future<bool>> ends;
    const auto caller = [](Ledger& ledger, std::vector<Admission> calls, std::atomic<int>& passed,
                           std::atomic<int>& now, std::atomic<int>& most,
                           std::promise<bool>& done) -> base::Task<void> {
      for (Admission& call : calls) {
        auto verdict = co_await ledger.admit(std::move(call));
        if (!verdict || std::holds_alternative<Refusal>(*verdict)) continue;
        HoldPointer hold = std::get<HoldPointer>(std::move(*verdict));
        ++passed;
        const int current = ++now;
        for (int seen = most; seen < current && !most.compare_exchange_weak(seen, current);) {
        }
        --now;
        hold->resolve(Fate::settled);
      }
      done.set_value(true);
    };
    std::vector<std::promise<bool>> promises(64);
    for (std::size_t client = 0; client < promises.size(); ++client) {
      std::vector<Admission> calls;
      for (int call = 0; call < 20; ++call) {
        calls.push_back(tests::admission_of({&budget, &slots}, 1, false));
      }
      ends.push_back(promises[client].get_future());
      subject->loops()
          .at(client % 2)
          .spawn(caller(subject->ledger(), std::move(calls), admitted, running, most_running,
                        promises[client]));
    }
    for (auto& end : ends) CHECK(end.get());
    while (admitted < 500) {
      subject->resolve(subject->allowed(tests::admission_of({&budget})), Fate::settled);
      ++admitted;
    }
    CHECK(admitted == 500);
    CHECK(most_running <= 40);
    CHECK(subject->refused(tests::admission_of({&budget})).used == 500);
  }
}

TEST_CASE("ledger: of several buckets that refuse, the one that does so longest is named",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota rate = tests::rate_quota(1, std::chrono::seconds(1), 1);
    const Quota budget = tests::budget_quota("month", 1, Window::Unit::month);
    subject->resolve(subject->allowed(tests::admission_of({&rate, &budget})), Fate::settled);
    CHECK(subject->refused(tests::admission_of({&rate, &budget})).rule == "writer/month");
    CHECK(subject->refused(tests::admission_of({&budget, &rate})).rule == "writer/month");
  }
}

TEST_CASE("ledger: what was spent stays after a rename that says so, and so does what is held",
          "[contract]") {
  for (const Named& implementation : implementations) {
    INFO(implementation.name);
    const auto subject = implementation.make();
    const Quota old = tests::budget_quota("daily", 5);
    Quota renamed = tests::budget_quota("per-day", 5), again = tests::budget_quota("each-day", 5);
    renamed.former = {old.id};
    again.former = {"role/writer/never/calls", renamed.id};
    subject->resolve(subject->allowed(tests::admission_of({&old}, 2)), Fate::settled);
    HoldPointer given_back = subject->allowed(tests::admission_of({&old}, 2));
    HoldPointer kept = subject->allowed(tests::admission_of({&old}));
    CHECK(subject->refused(tests::admission_of({&renamed})).used == 5);
    CHECK(subject->refused(tests::admission_of({&again})).used == 5);
    subject->resolve(std::move(given_back), Fate::cancelled);
    subject->resolve(std::move(kept), Fate::settled);
    subject->resolve(subject->allowed(tests::admission_of({&again}, 2)), Fate::settled);
    CHECK(subject->refused(tests::admission_of({&again})).used == 5);
    // With Redis, some gateway may not have heard of the renames yet.
    if (implementation.name == std::string("redis")) {
      CHECK(subject->refused(tests::admission_of({&old})).used == 5);
    }
    const BucketUse use = subject->use_of("role/writer/each-day/calls agent:a");
    CHECK(use.settled == 5);
    CHECK(use.held == 0);
  }
}

TEST_CASE("ledger: what counted when a window is changed counts in the new one", "[contract]") {
  for (const Named& implementation : implementations) {
    for (const auto from :
         {Window::Unit::hour, Window::Unit::day, Window::Unit::month, Window::Unit::rolling}) {
      for (const auto to :
           {Window::Unit::hour, Window::Unit::day, Window::Unit::month, Window::Unit::rolling}) {
        INFO(implementation.name << " from " << static_cast<int>(from) << " to "
                                 << static_cast<int>(to));
        const auto subject = implementation.make();
        const Quota before = tests::budget_quota("daily", 5, from);
        const Quota after = tests::budget_quota("daily", 5, to);
        subject->resolve(subject->allowed(tests::admission_of({&before}, 3)), Fate::settled);
        HoldPointer hold = subject->allowed(tests::admission_of({&before}, 2));
        CHECK(subject->refused(tests::admission_of({&after})).used == 5);
        subject->resolve(std::move(hold), Fate::cancelled);
        CHECK(subject->refused(tests::admission_of({&after}, 3)).used == 3);
        CHECK(subject->use_of("role/writer/daily/calls agent:a").used() == 3);
      }
    }
  }
}

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

TEST_CASE("ledger on Redis: calls under a changed limit and calls from before share one bucket",
          "[contract]") {
  OnRedis subject;
  const Quota before = tests::budget_quota("daily", 3), after = tests::budget_quota("daily", 4);
  CHECK(admitted_together(subject, before, after) == 4);
  CHECK(subject.refused(tests::admission_of({&after})).used == 4);
}

TEST_CASE("ledger on Redis: calls under a new name and calls from before share one bucket",
          "[contract]") {
  OnRedis subject;
  const Quota before = tests::budget_quota("daily", 5);
  Quota renamed = tests::budget_quota("per-day", 5);
  renamed.former = {before.id};
  subject.resolve(subject.allowed(tests::admission_of({&before})), Fate::settled);
  CHECK(admitted_together(subject, before, renamed) == 4);
  CHECK(subject.refused(tests::admission_of({&before})).used == 5);
  CHECK(subject.refused(tests::admission_of({&renamed})).used == 5);
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

TEST_CASE("ledger on Redis: calls in flight share round trips", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 1'000'000);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  const auto reads = [&] {
    base::RedisConnection other(subject.loops().at(0), subject.server->address());
    const std::string info = subject.run(other.command({"INFO", "stats"}))->text;
    return std::strtoll(info.c_str() + info.find("total_reads_processed:") + 22, nullptr, 10);
  };
  std::vector<Admission> calls;
  for (int call = 0; call < 256; ++call) calls.push_back(tests::admission_of({&budget}));
  const auto before = reads();
  subject.run(admit_together(subject.ledger(), std::move(calls)));
  CHECK(reads() - before < 64);
}
