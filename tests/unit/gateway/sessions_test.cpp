#include "gateway/sessions.h"

#include <catch2/catch.hpp>

namespace sessions_test {

using gateway::Sessions;
using gateway::pipeline::Principal;
using mcp::Revision;

namespace {

const base::SteadyTime start{};
const Principal alice{"alice", "acme", ""};
const Principal bob{"bob", "acme", ""};
const Principal other_alice{"alice", "globex", ""};

}  // namespace

TEST_CASE("a session is known to its owner with the revision agreed on", "[sessions]") {
  const base::Limits limits;
  Sessions sessions(limits);
  const std::string id = sessions.open(alice, Revision::r2025_06_18, start);
  CHECK(id.size() == 32);
  const auto facts = sessions.use(alice, id, start);
  REQUIRE(facts);
  CHECK(facts->revision == Revision::r2025_06_18);
  CHECK_FALSE(facts->log_level);
  sessions.set_log_level(bob, id, mcp::LogLevel::debug);
  CHECK_FALSE(sessions.use(alice, id, start)->log_level);
  sessions.set_log_level(alice, id, mcp::LogLevel::warning);
  CHECK(sessions.use(alice, id, start)->log_level == mcp::LogLevel::warning);
}

TEST_CASE("another agent, or an agent of that name in another tenant, has no such session",
          "[sessions]") {
  const base::Limits limits;
  Sessions sessions(limits);
  const std::string id = sessions.open(alice, Revision::r2025_06_18, start);
  for (const Principal& stranger : {bob, other_alice}) {
    CHECK_FALSE(sessions.use(stranger, id, start));
    CHECK_FALSE(sessions.close(stranger, id));
  }
  CHECK(sessions.use(alice, id, start));
}

TEST_CASE("a session is known only through the view by which it was opened", "[sessions]") {
  const base::Limits limits;
  Sessions sessions(limits);
  Principal viewer = alice;
  viewer.view = "coding";
  const std::string narrow = sessions.open(viewer, Revision::r2025_11_25, start);
  const std::string wide = sessions.open(alice, Revision::r2025_11_25, start);
  CHECK_FALSE(sessions.use(alice, narrow, start));
  CHECK_FALSE(sessions.close(alice, narrow));
  CHECK_FALSE(sessions.use(viewer, wide, start));
  CHECK_FALSE(sessions.close(viewer, wide));
  CHECK(sessions.use(viewer, narrow, start));
  CHECK(sessions.close(viewer, narrow));
}

TEST_CASE("a closed session is gone", "[sessions]") {
  const base::Limits limits;
  Sessions sessions(limits);
  const std::string id = sessions.open(alice, Revision::r2025_11_25, start);
  CHECK(sessions.close(alice, id));
  CHECK_FALSE(sessions.close(alice, id));
  CHECK_FALSE(sessions.use(alice, id, start));
}

TEST_CASE("a session that rests too long ends, and use keeps it alive", "[sessions]") {
  const base::Limits limits;
  Sessions sessions(limits);
  const std::string id = sessions.open(alice, Revision::r2025_11_25, start);
  CHECK(sessions.use(alice, id, start + limits.session_idle.get()));
  CHECK(sessions.use(alice, id, start + 2 * limits.session_idle.get()));
  CHECK_FALSE(
      sessions.use(alice, id, start + 3 * limits.session_idle.get() + std::chrono::milliseconds(1)));
}

TEST_CASE(
    "an agent's sessions are bounded: the one used longest ago makes room, other agents' do not",
    "[sessions]") {
  base::Limits limits;
  limits.sessions_per_agent = 3;
  Sessions sessions(limits);
  const std::string bobs = sessions.open(bob, Revision::r2025_11_25, start);
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(sessions.open(alice, Revision::r2025_11_25, start + std::chrono::seconds(i)));
  }
  CHECK_FALSE(sessions.use(alice, ids[0], start + std::chrono::seconds(5)));
  CHECK(sessions.use(alice, ids[1], start + std::chrono::seconds(5)));
  CHECK(sessions.use(bob, bobs, start + std::chrono::seconds(5)));
}

}  // namespace sessions_test
