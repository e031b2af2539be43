#include "tools/exported_name.h"

#include <catch2/catch.hpp>

namespace exported_name_test {

using tools::distinct_name;
using tools::exported_name;

TEST_CASE("a tool is exported under its server's prefix", "[tools]") {
  CHECK(exported_name("files", "files", "read_file") == "files__read_file");
}

TEST_CASE("an empty prefix exports the bare name", "[tools]") {
  CHECK(exported_name("", "files", "read_file") == "read_file");
}

TEST_CASE("a name that is too long is shortened to fifty characters with a hash of the tool id",
          "[tools]") {
  const std::string tool(60, 'a');
  const std::string name = exported_name("files", "files", tool);
  CHECK(name.size() == 50);
  CHECK(name == exported_name("files", "files", tool));
  CHECK(name != exported_name("files", "other", tool));
}

TEST_CASE(
    "characters that clients do not take are replaced, and names that become equal stay apart",
    "[tools]") {
  const std::string dot = exported_name("", "files", "read.file");
  const std::string slash = exported_name("", "files", "read/file");
  CHECK(dot.find('.') == std::string::npos);
  CHECK(dot != slash);
}

TEST_CASE("names are as short as they have to be, whatever that is", "[tools]") {
  for (std::size_t longest = 16; longest <= 128; ++longest) {
    for (std::size_t length = 1; length <= 130; ++length) {
      const std::string tool(length, 'a');
      const std::string name = exported_name("f", "f", tool, longest);
      REQUIRE(name.size() <= longest);
      REQUIRE((name == "f__" + tool) == (length + 3 <= longest));
      REQUIRE(distinct_name("f", "f", tool, longest).size() <= longest);
    }
  }
}

TEST_CASE("a distinct name that is taken has successors, the same on every start", "[tools]") {
  CHECK(distinct_name("f", "f", "read", 50, 1) != distinct_name("f", "f", "read", 50, 0));
  CHECK(distinct_name("f", "f", "read", 50, 1) == distinct_name("f", "f", "read", 50, 1));
}

TEST_CASE("a distinct name differs from the plain one", "[tools]") {
  CHECK(distinct_name("files", "files", "read") != exported_name("files", "files", "read"));
}

}  // namespace exported_name_test
