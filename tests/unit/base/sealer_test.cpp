#include "base/sealer.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <fstream>

#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace sealer_test {

using base::Sealer;

namespace {

const std::string key(64, 'a');

}  // namespace

TEST_CASE("what was sealed opens again, and looks different every time") {
  const auto sealer = Sealer::from_key(key);
  REQUIRE(sealer);
  const std::string one = sealer->seal("the goal", "run_1");
  CHECK(one != sealer->seal("the goal", "run_1"));
  CHECK(one.find("goal") == std::string::npos);
  CHECK(*sealer->open(one, "run_1") == "the goal");
  CHECK(*sealer->open(sealer->seal("", ""), "") == "");
}

TEST_CASE("what was sealed does not open for another thing, with another key, or altered") {
  const auto sealer = Sealer::from_key(key);
  std::string sealed = sealer->seal("the goal", "run_1");
  CHECK_FALSE(sealer->open(sealed, "run_2"));
  CHECK_FALSE(Sealer::from_key(std::string(64, 'b'))->open(sealed, "run_1"));
  sealed[40] = sealed[40] == 'A' ? 'B' : 'A';
  CHECK_FALSE(sealer->open(sealed, "run_1"));
  CHECK_FALSE(sealer->open("", "run_1"));
  CHECK_FALSE(sealer->open("no base64!", "run_1"));
}

TEST_CASE("a seal key is 64 hexadecimal digits, and is not repeated in the error") {
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'x')}) {
    const auto sealer = Sealer::from_key(text);
    REQUIRE_FALSE(sealer);
    CHECK(sealer.error().message == "A seal key is 64 hexadecimal digits.");
  }
}

TEST_CASE("the key's file is made once, for its owner alone") {
  const tests::TempDir directory;
  const auto file = directory.path() / "seal.key";
  const auto first = Sealer::from_file(file);
  REQUIRE(first);
  struct stat facts {};
  REQUIRE(::stat(file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  const auto again = Sealer::from_file(file);
  REQUIRE(again);
  CHECK(*again->open(first->seal("x", "y"), "y") == "x");
}

TEST_CASE("a key that others can read, or a file without a key, is refused") {
  const tests::TempDir directory;
  const auto file = directory.path() / "seal.key";
  REQUIRE(Sealer::from_file(file));
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  CHECK(Sealer::from_file(file).error().code == base::Code::invalid);
  const auto other = directory.path() / "other.key";
  tests::write_file(other, "secret words");
  REQUIRE(::chmod(other.c_str(), 0600) == 0);
  const auto refused = Sealer::from_file(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("secret") == std::string::npos);
}

}  // namespace sealer_test
