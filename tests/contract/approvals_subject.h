#pragma once

#include <chrono>
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
#include "base/sqlite_journal.h"
#include "policies/approvals/approval_table.h"
#include "policies/approvals/approvals.h"
#include "policies/approvals/memory_approvals.h"
#include "policies/approvals/redis_approvals.h"
#include "tests/support/asks.h"
#include "tests/support/memory_journal.h"
#include "tests/support/redis_server.h"
#include "tests/support/temp_dir.h"

namespace tests::approvals {

using policies::approvals::Answer;
using policies::approvals::Approval;
using policies::approvals::Approvals;
using policies::approvals::ApprovalTable;
using policies::approvals::Ask;
using policies::approvals::Decision;
using policies::approvals::Grant;
using policies::approvals::MemoryApprovals;
using policies::approvals::RedisApprovals;

/// Loops of all gateways write to it.
class SharedJournal final : public base::Journal {
 public:
  base::Task<base::Status> commit(std::vector<base::JournalEntry> entries) override {
    co_return submit(std::move(entries));
  }
  base::Status submit(std::vector<base::JournalEntry> entries) override {
    const std::lock_guard lock(mutex_);
    return journal_.submit(std::move(entries));
  }
  bool writable() const override { return true; }

  void set_fails(bool fails) {
    const std::lock_guard lock(mutex_);
    journal_.fails = fails;
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& entry : journal_.entries) {
      names.push_back(base::Json::parse(entry.body)["event"].get<std::string>());
    }
    return names;
  }

 private:
  std::mutex mutex_;
  MemoryJournal journal_;
};

/// Event loops, and the approvals of one or more gateways that are used on them.
class Subject {
 public:
  virtual ~Subject() { stop(); }
  base::EventLoops& loops() { return loops_; }
  std::size_t gateways() const { return approvals_.size(); }
  Approvals& at(std::size_t gateway) { return *approvals_[gateway % approvals_.size()]; }

  template <class T>
  T run(base::Task<T> task, std::size_t loop = 0) {
    return begin(std::move(task), loop).get();
  }
  template <class T>
  std::future<T> begin(base::Task<T> task, std::size_t loop = 0) {
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    const auto keep = [](base::Task<T> running,
                         std::shared_ptr<std::promise<T>> kept) -> base::Task<void> {
      kept->set_value(co_await std::move(running));
    };
    loops_.at(loop).spawn(keep(std::move(task), std::move(promise)));
    return future;
  }

  Answer ask(Ask question = ask_of(), std::size_t gateway = 0) {
    auto answer = run(at(gateway).ask(std::move(question)));
    REQUIRE(answer.ok());
    return *std::move(answer);
  }
  base::Result<Approval> decide(const std::string& id, Decision decision, std::size_t gateway = 1) {
    return run(at(gateway).decide(id, std::move(decision)));
  }
  auto claim(const std::string& id, const std::string& request, std::size_t gateway = 2) {
    return run(at(gateway).claim(id, request));
  }
  std::string approved(Ask question = ask_of()) {
    const std::string id = ask(std::move(question)).approval.id;
    REQUIRE(decide(id, word_of("ann")).ok());
    return id;
  }
  // Grants belong to their loop.
  void commit(std::unique_ptr<Grant> grant) { finish(std::move(grant), true); }
  void drop(std::unique_ptr<Grant> grant) { finish(std::move(grant), false); }
  void await(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (condition()) return;
      ::usleep(20'000);
    }
    FAIL("waited in vain");
  }

 protected:
  Subject() { loops_.start(); }
  void stop() { loops_.stop(); }

  policies::ledger::SystemClock clock_;
  base::EventLoops loops_{2};
  std::vector<std::unique_ptr<Approvals>> approvals_;

 private:
  void finish(std::unique_ptr<Grant> grant, bool committed) {
    const auto on_loop = [](std::unique_ptr<Grant> ended, bool used) -> base::Task<bool> {
      if (used) ended->committed();
      ended.reset();
      co_return true;
    };
    run(on_loop(std::move(grant), committed));
  }
};

/// One gateway, whose approvals are in memory alone.
class InMemory final : public Subject {
 public:
  InMemory() { approvals_.push_back(std::make_unique<MemoryApprovals>(journal_, clock_)); }
  ~InMemory() override {
    stop();
    approvals_.clear();
  }

 private:
  SharedJournal journal_;
};

/// One gateway, whose approvals are in its journal too.
class OnSqlite final : public Subject {
 public:
  OnSqlite() {
    base::SqliteJournal::Projections projections;
    projections.push_back(std::make_unique<ApprovalTable>());
    journal_ = std::move(
        *base::SqliteJournal::open(directory_ / "journal.db", {}, std::move(projections)));
    approvals_.push_back(std::make_unique<MemoryApprovals>(*journal_, clock_));
  }
  ~OnSqlite() override {
    stop();
    approvals_.clear();
  }

 private:
  TempDir directory_;
  std::unique_ptr<base::SqliteJournal> journal_;
};

/// Three gateways on one Redis, each with a journal of its own.
class OnRedis final : public Subject {
 public:
  explicit OnRedis(std::vector<std::string> settings = {}) : server(std::move(settings)) {
    for (SharedJournal& journal : journals) {
      approvals_.push_back(std::make_unique<RedisApprovals>(loops_, server.address(), journal));
    }
  }
  ~OnRedis() override {
    stop();
    approvals_.clear();
  }

  RedisServer server;
  SharedJournal journals[3];
};

template <class Implementation>
std::unique_ptr<Subject> make() {
  return std::make_unique<Implementation>();
}

/// What each case runs against.
struct Named {
  const char* name;
  std::unique_ptr<Subject> (*make)();
};
inline const Named implementations[] = {
    {"memory", make<InMemory>}, {"sqlite", make<OnSqlite>}, {"redis", make<OnRedis>}};

/// A question that stays open for `expires`.
inline Ask short_question(std::chrono::milliseconds expires) {
  Ask question = ask_of();
  question.terms.expires = expires;
  return question;
}

}  // namespace tests::approvals
