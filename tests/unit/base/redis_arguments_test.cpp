#include "base/redis_arguments.h"

#include <limits>

#include <catch2/catch.hpp>

#include "base/redis_parser.h"

namespace redis_arguments_test {

using base::RedisArguments;

TEST_CASE("arguments become what Redis reads, whatever bytes are in them", "[redis]") {
  RedisArguments first{"SET"}, rest;
  rest.add("a\r\nb").add(std::string_view("\0", 1)).add("").add(std::int64_t{-7});
  rest.add(std::numeric_limits<std::int64_t>::min());
  std::string text;
  base::append_redis_command(text, first, rest);
  CHECK(text == "*6\r\n$3\r\nSET\r\n$4\r\na\r\nb\r\n$1\r\n" + std::string(1, '\0') +
                    "\r\n$0\r\n\r\n$2\r\n-7\r\n$20\r\n-9223372036854775808\r\n");
  CHECK(RedisArguments{"a", "b"}.append(rest).count() == 7);
}

TEST_CASE("replies are read however the bytes are cut", "[redis]") {
  const std::string bytes = "*3\r\n:1\r\n$2\r\n\r\n\r\n-ERR no\r\n$-1\r\n+OK\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    base::RedisParser parser;
    std::vector<base::RedisReply> replies;
    for (const std::string& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      parser.feed(part);
      for (;;) {
        auto reply = parser.next();
        REQUIRE(reply.ok());
        if (!*reply) break;
        replies.push_back(**reply);
      }
    }
    REQUIRE(replies.size() == 3);
    REQUIRE(replies[0].list.size() == 3);
    CHECK(replies[0].list[0].integer == 1);
    CHECK(replies[0].list[1].text == "\r\n");
    CHECK(replies[0].list[2].type == base::RedisReply::Type::error);
    CHECK(replies[1].type == base::RedisReply::Type::nil);
    CHECK(replies[2].text == "OK");
  }
}

TEST_CASE("bytes that are no reply are refused", "[redis]") {
  base::RedisParser parser;
  parser.feed("HTTP/1.1 400 Bad Request\r\n");
  CHECK_FALSE(parser.next().ok());
}

}  // namespace redis_arguments_test
