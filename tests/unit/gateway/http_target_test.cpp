#include "gateway/http_target.h"

#include <catch2/catch.hpp>

namespace http_target_test {

using gateway::parse_target;

TEST_CASE("method and path come out of the request line", "[http_target]") {
  const auto target =
      parse_target("POST /mcp?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  REQUIRE(target.ok());
  CHECK(target->method == "POST");
  CHECK(target->path == "/mcp");
}

TEST_CASE("the query is decoded, and of equal names the first counts", "[http_target]") {
  const auto target = parse_target("GET /a?x=b%2Fc%20d&y=&x=2 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(target.ok());
  CHECK(target->path == "/a");
  CHECK(target->parameter("x") == "b/c d");
  CHECK(target->parameter("y").empty());
  CHECK(target->parameter("z").empty());
}

TEST_CASE("what cpp-httplib does not understand is refused", "[http_target]") {
  CHECK_FALSE(parse_target("BREW /mcp HTTP/1.1\r\nHost: a\r\n\r\n").ok());
}

TEST_CASE("one request leaves nothing behind for the next", "[http_target]") {
  CHECK(parse_target("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")->path == "/a");
  CHECK_FALSE(parse_target("nonsense\r\n\r\n").ok());
  CHECK(parse_target("DELETE /b HTTP/1.1\r\nHost: a\r\n\r\n")->path == "/b");
}

}  // namespace http_target_test
