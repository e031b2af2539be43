#include "gateway/pipeline/snapshot.h"

#include <catch2/catch.hpp>

#include "tests/support/snapshot.h"

namespace snapshot_test {

using namespace gateway::pipeline;

namespace {

std::shared_ptr<const Snapshot> some_snapshot() {
  return tests::snapshot_of("agents: {alice: {roles: []}}", {});
}

}  // namespace

TEST_CASE("an observer is told of each change with what was before, and calls find the new one",
          "[snapshot]") {
  CurrentSnapshot current;
  const auto first = some_snapshot();
  const auto second = some_snapshot();
  std::vector<std::pair<CurrentSnapshot::Pointer, CurrentSnapshot::Pointer>> told;
  const auto subscription = current.subscribe([&](const auto& before, const auto& after) {
    CHECK(current.get() == after);
    told.emplace_back(before, after);
  });
  current.set(first);
  current.set(second);
  REQUIRE(told.size() == 2);
  CHECK(told[0] == std::pair{CurrentSnapshot::Pointer(), first});
  CHECK(told[1] == std::pair{first, second});
}

TEST_CASE("a subscription that ended or was replaced is told nothing more", "[snapshot]") {
  CurrentSnapshot current;
  int first = 0, second = 0;
  auto subscription = current.subscribe([&](const auto&, const auto&) { ++first; });
  auto moved = std::move(subscription);
  current.set(some_snapshot());
  CHECK(first == 1);
  moved = current.subscribe([&](const auto&, const auto&) { ++second; });
  current.set(some_snapshot());
  CHECK(first == 1);
  CHECK(second == 1);
  { const auto ended = std::move(moved); }
  current.set(some_snapshot());
  CHECK(second == 1);
}

TEST_CASE("a snapshot is freed when it was replaced and no call holds it", "[snapshot]") {
  CurrentSnapshot current;
  auto first = some_snapshot();
  const std::weak_ptr<const Snapshot> watched = first;
  current.set(std::move(first));
  auto held_by_a_call = current.get();
  current.set(some_snapshot());
  CHECK_FALSE(watched.expired());
  held_by_a_call.reset();
  CHECK(watched.expired());
}

}  // namespace snapshot_test
