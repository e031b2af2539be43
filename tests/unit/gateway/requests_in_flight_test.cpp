#include "gateway/requests_in_flight.h"

#include <catch2/catch.hpp>

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
