#include "base/url.h"

#include <catch2/catch.hpp>

namespace url_test {

using base::parse_url;

TEST_CASE("a URL is split into host, port and target", "[url]") {
  const auto url = parse_url("http://Example.test:8080/mcp?a=b");
  REQUIRE(url.ok());
  CHECK(url->host == "example.test");
  CHECK(url->port == 8080);
  CHECK(url->target == "/mcp?a=b");
}

TEST_CASE("port and path have defaults", "[url]") {
  const auto url = parse_url("http://example.test");
  REQUIRE(url.ok());
  CHECK(url->port == 80);
  CHECK(url->target == "/");
  CHECK(parse_url("http://example.test?x")->target == "/?x");
}

TEST_CASE("an IPv6 address stands in brackets", "[url]") {
  const auto url = parse_url("http://[::1]:9/x");
  REQUIRE(url.ok());
  CHECK(url->host == "::1");
  CHECK(url->authority() == "[::1]:9");
}

TEST_CASE("https has a port of its own", "[url]") {
  const auto url = parse_url("https://example.test/mcp");
  REQUIRE(url.ok());
  CHECK(url->secure);
  CHECK(url->port == 443);
  CHECK_FALSE(parse_url("http://example.test")->secure);
}

TEST_CASE("a Host header leaves out the port that the scheme has by default", "[url]") {
  CHECK(parse_url("https://a.test")->authority() == "a.test");
  CHECK(parse_url("https://a.test:443")->authority() == "a.test");
  CHECK(parse_url("https://a.test:80")->authority() == "a.test:80");
  CHECK(parse_url("http://a.test:80")->authority() == "a.test");
  CHECK(parse_url("http://a.test:443")->authority() == "a.test:443");
}

TEST_CASE("what could be understood in two ways is refused", "[url]") {
  for (const char* text : {"ftp://a", "httpss://a", "//a", "a", "http://", "http://u@a",
                           "http://u:p@a", "http://a#f", "http://a b", "http://a\r\nX: y",
                           "http://a:0", "http://a:99999", "http://a:x", "http://a:", "http://[::1",
                           "http://[::1]x", "http://[zz]", "http://a%41", "http://\xc3\xa9"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_url(text).ok());
  }
}

}  // namespace url_test
