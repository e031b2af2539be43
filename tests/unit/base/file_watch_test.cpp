#include "base/file_watch.h"

#include <fcntl.h>

#include <chrono>
#include <fstream>
#include <future>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"
#include "tests/support/write_file.h"

namespace file_watch_test {

using base::FileWatch;
namespace fs = std::filesystem;

namespace {

base::FileSet files_of(const std::vector<fs::path>& paths, const std::string& pattern = {}) {
  const base::FileTrace trace;
  for (const fs::path& path : paths) (void)base::read_file(path, 1000);
  if (!pattern.empty()) base::match_pattern(pattern);
  return trace.files();
}

// Waits on a thread of its own, as its user does.
std::future<FileWatch::News> wait_for(FileWatch& watch) {
  return std::async(std::launch::async, [&watch] { return watch.wait(); });
}

constexpr std::chrono::milliseconds quiet{20};

// Less than it takes to look again without being told.
constexpr std::chrono::seconds soon{4};

bool comes_soon(std::future<FileWatch::News>& news) {
  return news.wait_for(soon) == std::future_status::ready;
}

}  // namespace

TEST_CASE("a change is told after the quiet that follows it", "[file_watch]") {
  const tests::TempDir dir;
  const fs::path file = dir / "sub/a.yaml";
  tests::write_file(file, "a");
  FileWatch watch(quiet);

  SECTION("of a file that is written") {
    watch.look_after(files_of({file}));
    tests::write_file(file, "changed");
  }
  SECTION("of a file that another takes the place of") {
    watch.look_after(files_of({file}));
    tests::write_file(dir / "sub/new", "a");
    fs::rename(dir / "sub/new", file);
  }
  SECTION("of a file that appears") {
    watch.look_after(files_of({dir / "absent/b.yaml"}));
    tests::write_file(dir / "absent/b.yaml", "b");
  }
  SECTION("of what a pattern matches") {
    watch.look_after(files_of({}, (dir / "sub/*.yaml").string()));
    tests::write_file(dir / "sub/b.yaml", "b");
  }
  SECTION("of a symbolic link on the way") {
    fs::create_symlink("sub", dir / "..data");
    fs::create_symlink(dir / "..data/a.yaml", dir / "link.yaml");
    watch.look_after(files_of({dir / "link.yaml"}));
    tests::write_file(dir / "other/a.yaml", "other");
    fs::create_symlink("other", dir / "..new");
    fs::rename(dir / "..new", dir / "..data");
  }
  SECTION("that came before it was waited for") {
    const base::FileSet files = files_of({file});
    tests::write_file(file, "changed");
    watch.look_after(files);
  }
  const auto begin = std::chrono::steady_clock::now();
  auto news = wait_for(watch);
  REQUIRE(comes_soon(news));
  CHECK(news.get() == FileWatch::News::changed);
  CHECK(std::chrono::steady_clock::now() - begin >= quiet);
}

TEST_CASE("a file counts when its writer has closed it", "[file_watch]") {
  const tests::TempDir dir;
  const fs::path file = dir / "a.yaml";
  tests::write_file(file, "a");
  FileWatch watch(quiet);
  watch.look_after(files_of({file}));
  std::ofstream writer(file);
  writer << "half" << std::flush;
  auto news = wait_for(watch);
  CHECK(news.wait_for(3 * quiet) == std::future_status::timeout);
  writer << " and half" << std::flush;
  CHECK(news.wait_for(3 * quiet) == std::future_status::timeout);
  writer.close();
  CHECK(comes_soon(news));
}

TEST_CASE("other files change nothing, and waking ends the wait", "[file_watch]") {
  const tests::TempDir dir;
  tests::write_file(dir / "a.yaml", "a");
  FileWatch watch(quiet);
  watch.look_after(files_of({dir / "a.yaml"}));
  auto news = wait_for(watch);
  for (int i = 0; i < 50; ++i) tests::write_file(dir / ("other" + std::to_string(i)), "x");
  CHECK(news.wait_for(2 * quiet) == std::future_status::timeout);
  watch.wake();
  REQUIRE(comes_soon(news));
  CHECK(news.get() == FileWatch::News::woken);
}

TEST_CASE("the directories to a file are its own and those of the links on the way",
          "[file_watch]") {
  const tests::TempDir dir;
  tests::write_file(dir / "real/v1/a", "a");
  fs::create_directories(dir / "mount");
  fs::create_symlink(dir / "real/v1", dir / "mount/data");
  fs::create_symlink("data/a", dir / "mount/a");
  CHECK(base::directories_to(dir / "mount/a") ==
        std::set<fs::path>{dir / "mount", dir / "real/v1"});
  CHECK(base::directories_to(dir / "absent/deep/a") == std::set<fs::path>{dir.path()});
  fs::create_symlink("loop", dir / "loop");
  CHECK(base::directories_to(dir / "loop/a").contains(dir.path()));
}

}  // namespace file_watch_test
