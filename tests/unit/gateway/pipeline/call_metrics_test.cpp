#include "gateway/pipeline/call_metrics.h"

#include <catch2/catch.hpp>
#include <numeric>

namespace call_metrics_test {

using gateway::pipeline::CallMetrics;
using gateway::pipeline::Outcome;
using namespace std::chrono_literals;

namespace {

Outcome outcome(Outcome::Kind kind) {
  Outcome made;
  made.kind = kind;
  return made;
}

std::uint64_t total(const CallMetrics& metrics) {
  std::uint64_t sum = 0;
  metrics.each([&](const auto&, const auto& server) {
    for (const auto& count : server.calls) sum += count;
  });
  return sum;
}

}  // namespace

TEST_CASE("calls are counted by server and outcome, and fall into the bucket of their time",
          "[metrics]") {
  CallMetrics metrics;
  metrics.count("a", outcome(Outcome::Kind::answered), 500us);
  metrics.count("a", outcome(Outcome::Kind::unknown), 501us);
  Outcome tool_error = outcome(Outcome::Kind::answered);
  tool_error.result = {{"isError", true}};
  metrics.count("a", tool_error, 1h);
  metrics.count("", outcome(Outcome::Kind::refused), 1us);
  std::size_t servers = 0;
  metrics.each([&](const std::string& name, const CallMetrics::Server& server) {
    ++servers;
    if (name.empty()) CHECK(server.calls[2] == 1);
    if (name != "a") return;
    CHECK(server.calls[0] == 1);
    CHECK(server.calls[1] == 1);
    CHECK(server.calls[4] == 1);
    CHECK(server.times[0] == 1);
    CHECK(server.times[1] == 1);
    CHECK(server.times.back() == 1);
    CHECK(server.micros == 3'600'001'001U);
  });
  CHECK(servers == 2);
}

TEST_CASE("names of servers are bounded, and no call is lost over it", "[metrics]") {
  CallMetrics metrics;
  for (int i = 0; i < 3'000; ++i) {
    metrics.count("s" + std::to_string(i), outcome(Outcome::Kind::answered), 1ms);
  }
  std::size_t servers = 0;
  metrics.each([&](const auto&, const auto&) { ++servers; });
  CHECK(servers == 1'001);
  CHECK(total(metrics) == 3'000);
}

}  // namespace call_metrics_test
