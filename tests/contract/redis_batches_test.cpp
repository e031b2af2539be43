#include <algorithm>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>

#include <catch2/catch.hpp>

#include "policies/ledger/redis_ledger.h"
#include "tests/contract/ledger_subject.h"
#include "tests/support/quotas.h"

namespace redis_batches_test {

using namespace policies::ledger;
using tests::HoldPointer;
using tests::OnRedis;
using tests::Subject;

namespace {

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

// How many of ten calls that all ask for the same are admitted when all are in flight at once.
std::int64_t admitted_of_ten(Subject& subject, const std::vector<const Quota*>& quotas,
                             std::int64_t amount = 1) {
  std::vector<Admission> calls;
  for (int call = 0; call < 10; ++call) calls.push_back(tests::admission_of(quotas, amount));
  const auto admitted = subject.run(admit_together(subject.ledger(), std::move(calls)));
  return std::count(admitted.begin(), admitted.end(), true);
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

}  // namespace

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

TEST_CASE("ledger on Redis: of calls that ask at once as many are admitted as find room",
          "[contract]") {
  OnRedis subject;
  const Quota rate = tests::rate_quota(6, std::chrono::minutes(1), 4),
              slots = tests::slots_quota(3), budget = tests::budget_quota("daily", 15),
              wide = tests::budget_quota("wide", 100);
  CHECK(admitted_of_ten(subject, {&wide, &rate}) == 4);
  CHECK(admitted_of_ten(subject, {&wide, &slots}) == 3);
  CHECK(admitted_of_ten(subject, {&budget}, 2) == 7);
  CHECK(admitted_of_ten(subject, {&budget}) == 1);
  CHECK(admitted_of_ten(subject, {&wide}) == 10);
  CHECK(subject.use_of("role/writer/wide/calls agent:a").used() == 17);
}

TEST_CASE("ledger on Redis: calls that take twice of one bucket find room for both", "[contract]") {
  OnRedis subject;
  const Quota budget = tests::budget_quota("daily", 8);
  CHECK(admitted_of_ten(subject, {&budget, &budget}) == 4);
  CHECK(subject.use_of("role/writer/daily/calls agent:a").used() == 8);
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

}  // namespace redis_batches_test
