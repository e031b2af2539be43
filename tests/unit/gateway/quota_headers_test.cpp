#include "gateway/quota_headers.h"

#include <catch2/catch.hpp>

namespace quota_headers_test {

using gateway::quota_headers;
using policies::ledger::Quota;
using policies::ledger::Refusal;
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace {

Refusal refusal_of(Quota::Kind kind, std::string rule, int retry_after_ms) {
  Refusal refusal;
  refusal.kind = kind;
  refusal.rule = std::move(rule);
  refusal.retry_after = std::chrono::milliseconds(retry_after_ms);
  return refusal;
}

}  // namespace

TEST_CASE("a rate says when to come back, in seconds rounded up", "[quota_headers]") {
  CHECK(quota_headers(refusal_of(Quota::Kind::rate, "writer/burst", 1001)) ==
        Headers{{"Retry-After", "2"}, {"RateLimit", R"("writer/burst";r=0;t=2)"}});
}

TEST_CASE("where waiting for a time does not help, none is named", "[quota_headers]") {
  CHECK(quota_headers(refusal_of(Quota::Kind::concurrency, "writer/slots", 0)) ==
        Headers{{"RateLimit", R"("writer/slots";r=0)"}});
}

TEST_CASE("money is no number of calls", "[quota_headers]") {
  CHECK(quota_headers(refusal_of(Quota::Kind::money, "writer/daily", 500)) ==
        Headers{{"Retry-After", "1"}});
}

TEST_CASE("a name that could break out of the header is left out", "[quota_headers]") {
  for (const char* name : {"a\"b", "a\\b", "a\r\nX: y", "\xC3\xA4"}) {
    CHECK(quota_headers(refusal_of(Quota::Kind::calls, name, 1000)) ==
          Headers{{"Retry-After", "1"}});
  }
}

}  // namespace quota_headers_test
