#include "base/redis_parser.h"

#include <catch2/catch.hpp>

namespace redis_parser_test {

using base::RedisParser;

TEST_CASE("a list costs memory for what has come, not for what it announces", "[redis_parser]") {
  for (const char* announced : {"*2147483647\r\n", "*1000001\r\n", "*1\r\n*2147483647\r\n"}) {
    CAPTURE(announced);
    RedisParser parser;
    parser.feed(announced);
    CHECK_FALSE(parser.next().ok());
  }
}

TEST_CASE("lists within the bound are read, also inside each other", "[redis_parser]") {
  RedisParser parser;
  parser.feed("*2\r\n*1\r\n:7\r\n$2\r\nhi\r\n");
  const auto reply = parser.next();
  REQUIRE(reply.ok());
  REQUIRE(reply->has_value());
  CHECK((*reply)->list.at(0).list.at(0).integer == 7);
  CHECK((*reply)->list.at(1).text == "hi");
}

}  // namespace redis_parser_test
