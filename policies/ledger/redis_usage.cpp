#include "policies/ledger/redis_usage.h"

#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "policies/ledger/budget_counter.h"
#include "policies/ledger/redis_keys.h"

namespace policies::ledger {
namespace {

using base::RedisArguments;
using base::RedisReply;
using base::Result;
using base::Task;

struct Booking {
  std::int64_t all = 0, settled = 0, unknown = 0, end = 0;
};

// The fields of redis_scripts.h.
BucketUse use_of(std::string bucket, const std::vector<RedisReply>& fields, WallTime now) {
  BucketUse use;
  use.key = std::move(bucket);
  std::map<std::string, Booking> bookings;
  std::int64_t of_now = 0;
  for (std::size_t at = 0; at + 1 < fields.size(); at += 2) {
    const std::string& name = fields[at].text;
    const std::int64_t amount = std::strtoll(fields[at + 1].text.c_str(), nullptr, 10);
    if (name == "w") use.start = time_of(amount);
    if (name == "t") of_now += amount;
    if (name == "o") of_now -= amount;
    if (name.size() < 3 || name[name.size() - 2] != ':') continue;
    Booking& booked = bookings[name.substr(0, name.size() - 2)];
    if (name.back() == 'n') booked.all = amount;
    if (name.back() == 's') booked.settled = amount;
    if (name.back() == 'u') booked.unknown = amount;
    if (name.back() == 'e') booked.end = amount;
  }
  bookings[std::to_string(seconds_of(use.start))].all = of_now;
  for (const auto& [start, booked] : bookings) {
    if (time_of(booked.end) <= now) continue;
    use.settled += booked.settled;
    use.unknown += booked.unknown;
    use.held += booked.all - booked.settled - booked.unknown;
    if (start == std::to_string(seconds_of(use.start))) use.end = time_of(booked.end);
  }
  return use;
}

base::Error broken(const RedisReply& reply) {
  return {base::Code::unavailable, "The store does not answer.", reply.text};
}

}  // namespace

Task<Result<std::vector<BucketUse>>> read_usage(base::RedisConnection& redis, WallTime now) {
  std::vector<BucketUse> uses;
  std::string cursor = "0";
  do {
    RedisArguments scan;
    scan.add("SCAN").add(cursor).add("MATCH").add(budget_key_pattern).add("COUNT").add("1000");
    const auto page = co_await redis.command(std::move(scan));
    if (!page) co_return page.error();
    if (page->list.size() != 2) co_return broken(*page);
    cursor = page->list[0].text;
    for (const RedisReply& key : page->list[1].list) {
      RedisArguments get;
      get.add("HGETALL").add(key.text);
      const auto fields = co_await redis.command(std::move(get));
      if (!fields) co_return fields.error();
      BucketUse use = use_of(bucket_of_key(key.text), fields->list, now);
      if (use.used() != 0) uses.push_back(std::move(use));
    }
  } while (cursor != "0");
  co_return uses;
}

}  // namespace policies::ledger
