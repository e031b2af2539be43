#include "gateway/origin_guard.h"

#include <catch2/catch.hpp>

namespace origin_guard_test {

using gateway::OriginGuard;

namespace {

bool passes(std::vector<base::HttpField> fields) {
  static const OriginGuard guard({"gw.example"});
  return !guard.refuse(base::HttpFields{std::move(fields)});
}

}  // namespace

TEST_CASE("this gateway's names pass, with any port and in any case", "[origin_guard]") {
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "GW.example",
                           "gw.example:443"}) {
    CAPTURE(host);
    CHECK(passes({{"Host", host}}));
  }
}

TEST_CASE("other hosts do not", "[origin_guard]") {
  for (const char* host : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                           "gw.example.", "localhost:", "localhost:80a", "localhost:123456", "[::1",
                           "[::1]x", "user@localhost", "localhost,evil.example"}) {
    CAPTURE(host);
    CHECK_FALSE(passes({{"Host", host}}));
  }
  CHECK_FALSE(passes({}));
}

TEST_CASE("an Origin must be a name of this gateway too", "[origin_guard]") {
  CHECK(passes({{"Host", "localhost"}, {"Origin", "http://localhost:6274"}}));
  CHECK(passes({{"Host", "localhost"}, {"Origin", "https://gw.example"}}));
  for (const char* origin :
       {"null", "http://evil.example", "http://127.0.0.1.evil.example", "localhost",
        "file://localhost", "http://", "http://localhost/path", ""}) {
    CAPTURE(origin);
    CHECK_FALSE(passes({{"Host", "localhost"}, {"Origin", origin}}));
  }
}

}  // namespace origin_guard_test
