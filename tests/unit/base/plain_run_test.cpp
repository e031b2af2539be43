#include "base/plain_run.h"

#include <string>

#include <catch2/catch.hpp>

namespace base::plain_run_test {
namespace {

TEST_CASE("a run of plain characters ends at every byte that is not plain, wherever it stands") {
  for (std::size_t before = 0; before < 20; ++before) {
    for (const unsigned after : {0U, 1U, 7U, 8U, 20U}) {
      for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const std::string text = std::string(before, 'x') + c + std::string(after, 'y');
        const std::size_t expected = is_plain(c) ? text.size() : before;
        if (plain_run(text) != expected) FAIL("byte " << byte << " behind " << before);
      }
    }
  }
}

TEST_CASE("the first of several bytes that are not plain ends the run") {
  CHECK(plain_run("ab\"c\\d\x01\x80") == 2);
  CHECK(plain_run("abcdefg\x01\"\"\"\"\"\"\"\"") == 7);
  CHECK(plain_run("\x01!!!!!!!") == 0);  // the borrow of a marked byte reaches its neighbour
}

TEST_CASE("only ASCII from the blank on, but quote and backslash, is plain") {
  CHECK(is_plain(' '));
  CHECK(is_plain('\x7f'));
  CHECK_FALSE(is_plain('"'));
  CHECK_FALSE(is_plain('\\'));
  CHECK_FALSE(is_plain('\x1f'));
  CHECK_FALSE(is_plain('\x80'));
}

}  // namespace
}  // namespace base::plain_run_test
