#include "gateway/requests_in_flight.h"

#include <catch2/catch.hpp>

namespace requests_in_flight_test {

using gateway::RequestsInFlight;
using gateway::pipeline::Principal;

namespace {

const Principal alice{"alice", "acme", ""};

}  // namespace

TEST_CASE("a request is cancelled by its owner, in its session, under its id, and by nobody else",
          "[requests_in_flight]") {
  RequestsInFlight requests;
  int cancelled = 0;
  const auto entry = requests.add(alice, "s1", mcp::Id(7), [&] { ++cancelled; });
  requests.cancel({"bob", "acme", ""}, "s1", mcp::Id(7));
  requests.cancel({"alice", "globex", ""}, "s1", mcp::Id(7));
  requests.cancel(alice, "s2", mcp::Id(7));
  requests.cancel(alice, "s1", mcp::Id(8));
  requests.cancel(alice, "s1", mcp::Id("7"));
  CHECK(cancelled == 0);
  requests.cancel(alice, "s1", mcp::Id(7));
  CHECK(cancelled == 1);
}

TEST_CASE("a request that is over cannot be cancelled any more", "[requests_in_flight]") {
  RequestsInFlight requests;
  int first = 0;
  int second = 0;
  const auto other = requests.add(alice, "s1", mcp::Id("a"), [&] { ++second; });
  {
    const auto entry = requests.add(alice, "s1", mcp::Id("a"), [&] { ++first; });
  }
  requests.cancel(alice, "s1", mcp::Id("a"));
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("all requests of a session are cancelled when it ends, and no others",
          "[requests_in_flight]") {
  RequestsInFlight requests;
  int cancelled = 0;
  int others = 0;
  const auto first = requests.add(alice, "s1", mcp::Id(7), [&] { ++cancelled; });
  const auto second = requests.add(alice, "s1", mcp::Id("a"), [&] { ++cancelled; });
  const auto neighbour = requests.add(alice, "s10", mcp::Id(7), [&] { ++others; });
  const auto earlier = requests.add(alice, "s0", mcp::Id(7), [&] { ++others; });
  const auto stranger = requests.add({"bob", "acme", ""}, "s1", mcp::Id(7), [&] { ++others; });
  requests.cancel_all({"alice", "globex", ""}, "s1");
  CHECK(cancelled == 0);
  requests.cancel_all(alice, "s1");
  CHECK(cancelled == 2);
  CHECK(others == 0);
}

}  // namespace requests_in_flight_test
