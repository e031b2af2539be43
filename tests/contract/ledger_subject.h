#pragma once

#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/event_loops.h"
#include "policies/ledger/ledger.h"
#include "policies/ledger/redis_ledger.h"
#include "tests/support/memory_journal.h"
#include "tests/support/redis_server.h"

namespace tests {

using HoldPointer = std::unique_ptr<policies::ledger::Hold>;

/// Event loops, and a ledger that is used on them.
class Subject {
 public:
  virtual ~Subject() { stop(); }
  policies::ledger::Ledger& ledger() { return *ledger_; }
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

  void resolve(HoldPointer hold, policies::ledger::Fate fate) {
    const auto on_loop = [](HoldPointer ended, policies::ledger::Fate how) -> base::Task<bool> {
      ended->resolve(how);
      ended->resolve(policies::ledger::Fate::cancelled);  // changes nothing any more
      co_return true;
    };
    run(on_loop(std::move(hold), fate));
  }
  policies::ledger::Verdict admit(policies::ledger::Admission admission) {
    auto verdict = run(ledger_->admit(std::move(admission)));
    REQUIRE(verdict.ok());
    return std::move(*verdict);
  }
  HoldPointer allowed(policies::ledger::Admission admission) {
    policies::ledger::Verdict verdict = admit(std::move(admission));
    REQUIRE(std::holds_alternative<HoldPointer>(verdict));
    return std::get<HoldPointer>(std::move(verdict));
  }
  policies::ledger::Refusal refused(policies::ledger::Admission admission) {
    policies::ledger::Verdict verdict = admit(std::move(admission));
    REQUIRE(std::holds_alternative<policies::ledger::Refusal>(verdict));
    return std::get<policies::ledger::Refusal>(std::move(verdict));
  }
  policies::ledger::BucketUse use_of(const std::string& key) {
    auto uses = run(ledger_->usage());
    REQUIRE(uses.ok());
    for (const policies::ledger::BucketUse& use : *uses) {
      if (use.key == key) return use;
    }
    return {};
  }

 protected:
  Subject() { loops_.start(); }
  void stop() { loops_.stop(); }

  policies::ledger::SystemClock clock_;
  base::EventLoops loops_{2};
  std::unique_ptr<policies::ledger::Ledger> ledger_;
};

/// Both loops write to it.
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
  MemoryJournal journal_;
};

/// Gateways on one Redis, each with what its journal knows of it.
class OnRedis final : public Subject {
 public:
  explicit OnRedis(std::shared_ptr<RedisServer> on = std::make_shared<RedisServer>(),
                   std::string epoch = {})
      : server(std::move(on)) {
    ledger_ = std::make_unique<policies::ledger::RedisLedger>(
        loops_, server->address(), journal_, clock_, policies::ledger::StoreDown{true},
        std::move(epoch));
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
  std::string error(policies::ledger::Admission admission) {
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

  const std::shared_ptr<RedisServer> server;

 private:
  LockedJournal journal_;
};

}  // namespace tests
