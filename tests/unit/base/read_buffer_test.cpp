#include "base/read_buffer.h"

#include <string>

#include <catch2/catch.hpp>

namespace read_buffer_test {

namespace {

void add(base::ReadBuffer& buffer, std::string_view text) {
  std::copy(text.begin(), text.end(), buffer.prepare(text.size()));
  buffer.commit(text.size());
}

}  // namespace

TEST_CASE("what was read comes out in order, whatever was taken in between", "[read_buffer]") {
  base::ReadBuffer buffer;
  CHECK(buffer.empty());
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
    add(buffer, piece);
    expected += piece;
    const std::size_t taken = buffer.size() / 3;
    buffer.consume(taken);
    expected.erase(0, taken);
    REQUIRE(buffer.view() == expected);
  }
}

TEST_CASE("room that was not filled is not part of the buffer", "[read_buffer]") {
  base::ReadBuffer buffer;
  add(buffer, "head");
  buffer.prepare(10'000);
  buffer.commit(0);
  CHECK(buffer.view() == "head");
  buffer.consume(4);
  CHECK(buffer.empty());
}

}  // namespace read_buffer_test
