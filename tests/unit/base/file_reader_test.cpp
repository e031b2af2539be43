#include "base/file_reader.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace file_reader_test {

using base::Code;

TEST_CASE("a file is read whole, up to its bound", "[file_reader]") {
  const tests::TempDir dir;
  tests::write_file(dir / "a", "hello");
  CHECK(*base::read_file(dir / "a", 5) == "hello");
  const auto larger = base::read_file(dir / "a", 4);
  REQUIRE_FALSE(larger);
  CHECK(larger.error().code == Code::limit);
  CHECK(larger.error().message == "it is larger than 4 bytes");
}

TEST_CASE("what is no regular file is an error at once", "[file_reader]") {
  const tests::TempDir dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink("loop", dir / "loop");
  for (const auto& [path, reason] :
       std::vector<std::pair<std::filesystem::path, std::string>>{
           {dir / "fifo", "it is no regular file"},
           {"/dev/zero", "it is no regular file"},
           {dir.path(), "Is a directory"},
           {dir / "absent", "No such file or directory"},
           {dir / "loop", "Too many levels of symbolic links"}}) {
    CAPTURE(path);
    const auto text = base::read_file(path, 100);
    REQUIRE_FALSE(text);
    CHECK(text.error().code == Code::unavailable);
    CHECK(text.error().message == reason);
  }
}

TEST_CASE("a trace notes what was read, what was missed and what was matched", "[file_reader]") {
  const tests::TempDir dir;
  tests::write_file(dir / "a.yaml", "a");
  tests::write_file(dir / "b.yaml", "b");
  const std::string pattern = (dir / "*.yaml").string();
  base::FileSet files;
  {
    const base::FileTrace trace;
    CHECK(base::match_pattern(pattern).size() == 2);
    CHECK(base::read_file(dir / "a.yaml", 10));
    CHECK_FALSE(base::read_file(dir / "absent", 10));
    files = trace.files();
  }
  CHECK(base::read_file(dir / "b.yaml", 10));  // nobody notes this
  CHECK(files.files.size() == 2);
  CHECK(files.looked_at_again() == files);

  SECTION("a file that appears is a change") { tests::write_file(dir / "absent", "x"); }
  SECTION("a file that is gone is a change") { std::filesystem::remove(dir / "a.yaml"); }
  SECTION("one more match is a change") { tests::write_file(dir / "c.yaml", "c"); }
  SECTION("other content of what was only matched is a change") {
    tests::write_file(dir / "b.yaml", "other");
  }
  SECTION("other content is a change") { tests::write_file(dir / "a.yaml", "other"); }
  SECTION("another file in its place is a change, whatever it holds") {
    tests::write_file(dir / "new", "a");
    std::filesystem::rename(dir / "new", dir / "a.yaml");
  }
  SECTION("other permissions are a change") {
    std::filesystem::permissions(dir / "a.yaml", std::filesystem::perms::owner_read);
  }
  CHECK(files.looked_at_again() != files);
}

}  // namespace file_reader_test
