#include "gateway/request_id.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace gateway::request_id_test {
namespace {

TEST_CASE("request ids are distinct, also those of several threads") {
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made) {
      threads.emplace_back([&ids] {
        for (int i = 0; i < 5'000; ++i) ids.push_back(new_request_id());
      });
    }
  }
  std::set<std::string> distinct;
  for (const auto& ids : made) distinct.insert(ids.begin(), ids.end());
  CHECK(distinct.size() == 20'000);
}

TEST_CASE("request ids sort by the millisecond in which they were made") {
  constexpr std::size_t time_end = 4 + 9;
  std::vector<std::string> times;
  for (int i = 0; i < 5'000; ++i) times.push_back(new_request_id().substr(0, time_end));
  CHECK(std::ranges::is_sorted(times));
}

TEST_CASE("request ids are req_ and 20 characters that need no escape anywhere") {
  const std::string id = new_request_id();
  CHECK(id.size() == 24);
  CHECK(id.substr(0, 4) == "req_");
  CHECK(id.find_first_not_of("0123456789abcdefghijklmnopqrstuv", 4) == std::string::npos);
}

}  // namespace
}  // namespace gateway::request_id_test
