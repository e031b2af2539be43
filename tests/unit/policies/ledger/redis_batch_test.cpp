#include "policies/ledger/redis_batch.h"

#include <asio/io_context.hpp>

#include <catch2/catch.hpp>

#include "tests/support/quotas.h"

namespace redis_batch_test {

using namespace policies::ledger;
using base::RedisReply;

namespace {

RedisReply numbers(const std::vector<std::int64_t>& list) {
  RedisReply reply;
  reply.type = RedisReply::Type::list;
  for (const std::int64_t number : list) {
    reply.list.push_back({RedisReply::Type::integer, number, {}, {}});
  }
  return reply;
}

// Two groups that share a budget; one has slots besides.
struct Batch {
  std::shared_ptr<RedisGroup> group(const std::vector<const Quota*>& quotas, std::int64_t count) {
    auto made = std::make_shared<RedisGroup>(loop.get_executor(), tests::admission_of(quotas, 2),
                                             WallTime(std::chrono::hours(1)), bookings);
    made->count = count;
    batch.add(made);
    return made;
  }

  asio::io_context loop;
  Bookings bookings;
  const Quota budget = tests::budget_quota("daily", 10), slots = tests::slots_quota(3);
  RedisBatch batch{7, 1};
  std::shared_ptr<RedisGroup> first = group({&budget}, 3), second = group({&slots, &budget}, 2);
};

}  // namespace

TEST_CASE("a batch names a bucket once, however many ask for it", "[redis]") {
  const Batch made;
  CHECK(made.batch.size() == 2);
  CHECK(made.first->fits(tests::admission_of({&made.budget}, 2)));
  CHECK_FALSE(made.first->fits(tests::admission_of({&made.budget}, 1)));
  CHECK_FALSE(made.first->fits(tests::admission_of({&made.slots, &made.budget}, 2)));
}

TEST_CASE("what a batch is told decides its groups", "[redis]") {
  Batch made;
  REQUIRE(made.batch.settle(numbers({3600, 0, 2, 1, 1, 9, 5'000'000, 86'400, 2})));
  CHECK(made.first->decided);
  CHECK(made.first->admitted == 2);
  REQUIRE(made.first->refusals.size() == 1);
  CHECK(made.first->refusals[0].charge == 1);
  CHECK(made.first->refusals[0].used == 9);
  CHECK(made.first->refusals[0].wait == 5'000'000);
  CHECK(made.first->refusals[0].resets == 86'400);
  CHECK(made.second->admitted == 2);
  REQUIRE(made.second->taken->parts.size() == 2);
  CHECK(made.second->taken->parts[0].is_slot);
  CHECK(made.second->taken->parts[1].start == 3600);
  CHECK(made.second->taken->parts[1].amount == 2);
}

TEST_CASE("a group that looks is told of every bucket without room, or of none", "[redis]") {
  for (const std::vector<std::int64_t>& said :
       {std::vector<std::int64_t>{2, 1, 3, 0, 0, 2, 9, 5, 60}, {0}}) {
    Batch made;
    made.second->looks = true;
    std::vector<std::int64_t> list{3600, 0, 3, 0};
    list.insert(list.end(), said.begin(), said.end());
    REQUIRE(made.batch.settle(numbers(list)));
    CHECK(made.second->decided);
    CHECK(made.second->admitted == 0);
    CHECK(made.second->refusals.size() == static_cast<std::size_t>(said.front()));
    CHECK_FALSE(made.second->fits(tests::admission_of({&made.slots, &made.budget}, 2)));
  }
}

TEST_CASE("calls that may go over a budget are not decided with those that may not", "[redis]") {
  const Batch made;
  Admission admission = tests::admission_of({&made.budget}, 2);
  CHECK(made.first->fits(admission));
  admission.charges[0].excess = Excess::allow;
  CHECK_FALSE(made.first->fits(admission));
}

TEST_CASE("a group whose buckets are those of another goes alone", "[redis]") {
  Batch made;
  REQUIRE(made.batch.settle(numbers({3600, 0, -1, 2})));
  CHECK_FALSE(made.first->decided);
  CHECK(made.first->alone);
  CHECK(made.second->decided);
}

TEST_CASE("a reply that is none to a batch decides nothing", "[redis]") {
  RedisReply text = numbers({3600, 0, 3, 2});
  text.list[2] = {RedisReply::Type::text, 0, "3", {}};
  for (const RedisReply& reply :
       {numbers({}), numbers({3600, 0, 3}), numbers({3600, 0, 3, 2, 0}), numbers({3600, 0, 4, 2}),
        numbers({3600, 0, -2, 2}), numbers({3600, 0, 2, 1, 2, 9, 0, 0, 2}),
        numbers({3600, 0, 2, 1, 0, 9, 0, 0, 2}), numbers({3600, 0, 2, 1, 1, 9, 0}),
        numbers({3600, 0, 2, 0, 2}), numbers({3600, 0, 2, 2, 1, 9, 0, 0, 1, 9, 0, 0, 2}), text}) {
    Batch made;
    CHECK_FALSE(made.batch.settle(reply));
    CHECK_FALSE(made.first->decided);
    CHECK_FALSE(made.second->decided);
    CHECK(made.batch.cancel(reply).empty());
  }
}

TEST_CASE("what a lost batch took is given back, and what it told is told again", "[redis]") {
  Batch made;
  const auto cancelled = made.batch.cancel(numbers({3600, 0, 0, 1, 1, 9, 0, 0, 2}));
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0]->untold.cancelled == 2);
  CHECK(cancelled[0]->parts.size() == 2);

  const auto ended = std::make_shared<RedisTaken>();
  ended->untold.add(Fate::settled);
  made.batch.add(ended);
  CHECK(ended->untold.none());
  ended->untold.add(Fate::unknown);  // meanwhile
  REQUIRE(made.batch.take_back().size() == 1);
  CHECK(ended->untold.settled == 1);
  CHECK(ended->untold.unknown == 1);
}

}  // namespace redis_batch_test
