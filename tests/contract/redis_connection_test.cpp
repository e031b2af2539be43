#include "base/redis_connection.h"

#include <csignal>
#include <future>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/redis_server.h"

namespace redis_connection_test {

using namespace std::chrono_literals;

namespace {

base::Task<void> push(base::RedisConnection& connection, std::string word) {
  base::RedisArguments command{"RPUSH", "words", word};
  (void)co_await connection.command(std::move(command));
}

/// Two commands before there is a connection, one as soon as there is one; then what Redis has.
base::Task<void> push_around_the_beginning(base::Loop& loop, base::RedisConnection& connection,
                                           std::promise<std::vector<std::string>>& found) {
  loop.spawn(push(connection, "connects"));
  loop.spawn(push(connection, "waits"));
  while (!connection.connected() && co_await loop.sleep(0ms)) {
  }
  co_await push(connection, "comes later");
  co_await loop.sleep(10ms);
  base::RedisArguments command{"LRANGE", "words", "0", "-1"};
  const auto reply = co_await connection.command(std::move(command));
  std::vector<std::string> words;
  if (reply) {
    for (const base::RedisReply& each : reply->list) words.push_back(each.text);
  }
  found.set_value(words);
}

/// As many commands as may wait while one connects, and one more: why that one fails.
base::Task<void> wait_in_vain(base::Loop& loop, base::RedisConnection& connection,
                              std::promise<std::string>& why) {
  for (std::size_t at = 0; at <= base::RedisConnection::most_pending; ++at) {
    loop.spawn(push(connection, "waits"));
  }
  co_await loop.sleep(0ms);
  base::RedisArguments command{"PING"};
  const auto reply = co_await connection.command(std::move(command));
  why.set_value(reply ? "" : reply.error().detail);
}

}  // namespace

TEST_CASE("redis connection: no command overtakes one that waited for the connection") {
  const tests::RedisServer server;
  base::EventLoops loops(1);
  base::RedisConnection connection(loops.at(0), server.address());
  std::promise<std::vector<std::string>> found;
  loops.start();
  loops.at(0).spawn(push_around_the_beginning(loops.at(0), connection, found));
  CHECK(found.get_future().get() == std::vector<std::string>{"connects", "waits", "comes later"});
  loops.stop();
}

TEST_CASE("redis connection: a bounded number of commands waits for a connection") {
  const tests::RedisServer server;
  server.signal(SIGSTOP);
  base::EventLoops loops(1);
  base::RedisConnection connection(loops.at(0), server.address());
  std::promise<std::string> why;
  loops.start();
  loops.at(0).spawn(wait_in_vain(loops.at(0), connection, why));
  CHECK(why.get_future().get() == "too many commands wait for it");
  server.signal(SIGCONT);
  loops.stop();
}

}  // namespace redis_connection_test
