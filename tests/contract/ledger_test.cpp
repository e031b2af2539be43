#include "policies/ledger/ledger.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "policies/ledger/memory_ledger.h"
#include "policies/ledger/redis_ledger.h"
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

class InMemory final : public Subject {
 public:
  InMemory() { ledger_ = std::make_unique<MemoryLedger>(journal_, clock_); }
  ~InMemory() override {
    stop();
    ledger_.reset();
  }

 private:
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

class OnRedis final : public Subject {
 public:
  OnRedis() {
    ledger_ =
        std::make_unique<RedisLedger>(loops_, server.address(), journal_, clock_, StoreDown{true});
  }
  ~OnRedis() override {
    stop();
    ledger_.reset();
  }
  tests::RedisServer server;

 private:
  tests::MemoryJournal journal_;
};

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

TEST_CASE("ledger on Redis: scripts that Redis forgot are sent again", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 2);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  base::RedisConnection other(subject.loops().at(0), subject.server.address());
  CHECK(subject.run(other.command({"SCRIPT", "FLUSH"})).ok());
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  CHECK(subject.refused(tests::admission_of({&budget})).used == 2);
}

TEST_CASE("ledger on Redis: while it is away budgets are refused and limits are local",
          "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 100), slots = tests::slots_quota(1);
  subject.resolve(subject.allowed(tests::admission_of({&budget})), Fate::settled);
  subject.server.kill();
  for (int call = 0; call < 3; ++call) {
    const auto verdict = subject.run(subject.ledger().admit(tests::admission_of({&budget})));
    REQUIRE_FALSE(verdict.ok());
    CHECK(verdict.error().code == base::Code::unavailable);
  }
  HoldPointer hold = subject.allowed(tests::admission_of({&slots}));
  CHECK(subject.refused(tests::admission_of({&slots})).kind == Quota::Kind::concurrency);
  subject.resolve(std::move(hold), Fate::settled);
  subject.server.start();
  bool back = false;
  for (int attempt = 0; attempt < 100 && !back; ++attempt) {
    ::usleep(50'000);
    back = subject.run(subject.ledger().admit(tests::admission_of({&budget}))).ok();
  }
  CHECK(back);
}
