#include "runtime/context_cache.h"

#include <catch2/catch.hpp>

#include "tests/support/runs.h"

namespace context_cache_test {

using namespace runtime;
using namespace std::chrono_literals;

namespace {

const base::SteadyTime begin{};

Conversation conversation_of(const tests::RunScript& run) {
  Conversation conversation;
  for (const Event& event : run.events) conversation.apply(event);
  return conversation;
}

}  // namespace

TEST_CASE("a conversation is at hand until its time is over") {
  ContextCache cache;
  cache.put("run_1", conversation_of(tests::RunScript()), begin + 1h);
  CHECK(cache.find("run_1", begin + 59min, begin + 1h));
  CHECK_FALSE(cache.find("run_1", begin + 1h, begin + 2h));
  CHECK_FALSE(cache.find("run_1", begin, begin + 1h));  // gone for good
  CHECK(cache.bytes() == 0);
}

TEST_CASE("using a conversation keeps it for longer") {
  ContextCache cache;
  tests::RunScript run;
  cache.put("run_1", conversation_of(run), begin + 1h);
  run.answers({"a"});
  cache.apply("run_1", run.events.back(), begin + 30min, begin + 90min);
  const auto kept = cache.find("run_1", begin + 80min, begin + 90min);
  REQUIRE(kept);
  CHECK(kept->exchanges().size() == 1);
  CHECK(cache.bytes() == kept->bytes());
  CHECK(cache.find("run_1", begin + 89min, begin + 3h));
  CHECK(cache.find("run_1", begin + 179min, begin + 3h));
}

TEST_CASE("what does not fit goes, those first whose time is over first") {
  tests::RunScript run;
  const Conversation one = conversation_of(run);
  ContextCache cache(2 * one.bytes());
  cache.put("a", one, begin + 2h);
  cache.put("b", one, begin + 1h);
  cache.put("c", one, begin + 3h);
  CHECK(cache.find("a", begin, begin + 2h));
  CHECK_FALSE(cache.find("b", begin, begin + 1h));
  CHECK(cache.find("c", begin, begin + 3h));
  cache.forget("a");
  cache.forget("c");
  CHECK(cache.bytes() == 0);
}

}  // namespace context_cache_test
