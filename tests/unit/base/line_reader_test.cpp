#include "base/line_reader.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace line_reader_test {

using base::LineReader;

namespace {

// The lines of `text` when it arrives in pieces of `size` bytes; a cut line ends in "…".
std::vector<std::string> lines(const std::string& text, std::size_t size,
                               std::size_t longest = 10) {
  LineReader reader(longest);
  std::vector<std::string> found;
  const auto keep = [&](const base::Line& line) {
    found.push_back(line.text + (line.cut ? "…" : ""));
  };
  for (std::size_t at = 0; at < text.size(); at += size) {
    reader.feed(std::string_view(text).substr(at, size));
    while (auto line = reader.next()) keep(*line);
  }
  if (auto rest = reader.rest()) keep(*rest);
  return found;
}

}  // namespace

TEST_CASE("the same lines come out however the bytes are cut", "[line_reader]") {
  const std::string text = "one\ntwo\r\n\nthree\rx\n\n0123456789\nlast";
  const std::vector<std::string> expected = {"one", "two",        "",    "three\rx",
                                             "",    "0123456789", "last"};
  for (std::size_t size = 1; size <= text.size(); ++size) CHECK(lines(text, size) == expected);
}

TEST_CASE("a line that is too long is cut, and the next one is whole", "[line_reader]") {
  for (std::size_t size = 1; size <= 30; ++size) {
    const auto found = lines("ok\n" + std::string(25, 'x') + "\nnext\n", size);
    REQUIRE(found.size() == 3);
    CHECK(found[0] == "ok");
    CHECK(found[1].ends_with("…"));
    CHECK(found[2] == "next");
  }
}

TEST_CASE("a line without end is reported once and takes no memory", "[line_reader]") {
  LineReader reader(100);
  std::size_t reported = 0;
  for (int i = 0; i < 1000; ++i) {
    reader.feed(std::string(1000, 'x'));
    while (auto line = reader.next()) {
      CHECK(line->cut);
      CHECK(line->text.size() <= 256);
      ++reported;
    }
  }
  CHECK(reported == 1);
  CHECK_FALSE(reader.rest());
}

}  // namespace line_reader_test
