#include "base/await_callback.h"

#include <memory>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/support/run_task.h"

namespace await_callback_test {

using namespace base;

TEST_CASE("a callback on the same thread resumes the coroutine with its value", "[await]") {
  const std::string value = tests::run_task(
      await_callback<std::string>([](std::function<void(std::string)> done) { done("now"); }));
  CHECK(value == "now");
}

namespace {

Task<bool> resumes_on_its_own_thread(std::jthread& other) {
  const std::thread::id here = std::this_thread::get_id();
  co_await await_callback<int>([&other](std::function<void(int)> done) {
    other = std::jthread([done = std::move(done)] { done(1); });
  });
  co_return std::this_thread::get_id() == here;
}

}  // namespace

TEST_CASE("a callback on another thread resumes the coroutine on its own loop", "[await]") {
  std::jthread other;
  CHECK(tests::run_task(resumes_on_its_own_thread(other)));
}

TEST_CASE("a value that cannot be copied arrives when the callback is kept afterwards", "[await]") {
  std::function<void(std::shared_ptr<int>)> kept;
  const auto value = tests::run_task(await_callback<std::shared_ptr<int>>([&](auto done) {
    kept = done;
    done(std::make_shared<int>(7));
  }));
  CHECK(*value == 7);
  CHECK(value.use_count() == 1);
}

}  // namespace await_callback_test
