#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "policies/approvals/redis_store.h"

namespace policies::approvals {

/// Ends a wait. Whoever waits looks at `rung` before, since nothing is awaited while it looks.
struct RedisAlarm {
  explicit RedisAlarm(base::Loop& loop) : timer(loop.io()) {}
  void ring() {
    rung = true;
    timer.cancel();
  }
  base::Timer timer;
  bool rung = false;
};

/// Those on one event loop that wait for approvals, which any gateway may decide: while somebody
/// waits, Redis is asked a few times a second what changed. Asking cannot miss anything, as a
/// message could that is sent while the connection is away. Belongs to its loop.
class RedisWaiting final {
 public:
  explicit RedisWaiting(RedisStore& store) : store_(store) {}

  /// One that waits, for as long as it lives.
  class Place final {
   public:
    Place(RedisWaiting& waiting, std::string tenant, std::string id,
          std::shared_ptr<RedisAlarm> alarm);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    RedisWaiting& waiting_;
    const std::string tenant_, id_;
    const std::shared_ptr<RedisAlarm> alarm_;
  };

  /// From the time `now` of Redis on, those of the tenant that wait are told.
  void follow(const std::string& tenant, WallTime now);
  void ring_all();

 private:
  struct Feed {
    std::multimap<std::string, std::shared_ptr<RedisAlarm>> alarms;  // by id
    bool followed = false;
  };
  base::Task<void> keep_asking(std::string tenant, std::string since);

  RedisStore& store_;
  std::map<std::string, Feed> feeds_;  // by tenant
};

}  // namespace policies::approvals
