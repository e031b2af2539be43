#include "base/sqlite.h"

#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "tests/support/temp_dir.h"

namespace sqlite_test {

using namespace base;
using Type = SqliteStatement::Type;

namespace {

SqliteDatabase open_with_table(const std::filesystem::path& file) {
  SqliteDatabase database = SqliteDatabase::open(file).value();
  REQUIRE(database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL) STRICT"));
  return database;
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a new database file and its log are for their owner alone", "[sqlite]") {
  const tests::TempDir directory;
  const SqliteDatabase database = open_with_table(directory / "a.db");
  CHECK(mode_of(directory / "a.db") == 0600);
  CHECK(mode_of(directory / "a.db-wal") == 0600);
}

TEST_CASE("a database is opened with the settings that durability needs", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = SqliteDatabase::open(directory / "a.db").value();
  CHECK(*database.query_integer("PRAGMA synchronous") == 2);
  CHECK(*database.query_integer("PRAGMA foreign_keys") == 1);
  CHECK(*database.query_integer("PRAGMA busy_timeout") == 5000);
  SqliteStatement mode = database.prepare("PRAGMA journal_mode").value();
  REQUIRE(*mode.step());
  CHECK(mode.bytes(0) == "wal");
}

TEST_CASE("bound values come back as they were, of any bytes", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = SqliteDatabase::open(directory / "a.db").value();
  SqliteStatement select = database.prepare("SELECT ?1, ?2, ?3, ?4, NULL").value();
  const std::string zeros("a\0b", 3);
  select.bind(1, std::int64_t{-5}).bind(2, zeros).bind_blob(3, "\xff").bind(4, std::string_view());
  REQUIRE(*select.step());
  CHECK(select.integer(0) == -5);
  CHECK(select.bytes(1) == zeros);
  CHECK(select.bytes(2) == "\xff");
  CHECK(select.type(2) == Type::blob);
  CHECK(select.type(3) == Type::text);
  CHECK(select.bytes(3).empty());
  CHECK(select.type(4) == Type::null);
}

TEST_CASE("a statement is used again after reset", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = open_with_table(directory / "a.db");
  SqliteStatement insert = database.prepare("INSERT INTO t VALUES(?1, ?2)").value();
  CHECK(insert.bind(1, 1).bind(2, "x").run());
  CHECK(insert.bind(1, 2).bind(2, "y").run());
  CHECK(*database.query_integer("SELECT count(*) FROM t") == 2);
}

TEST_CASE("reset clears the bindings", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = open_with_table(directory / "a.db");
  SqliteStatement insert = database.prepare("INSERT INTO t VALUES(?1, ?2)").value();
  CHECK(insert.bind(1, 1).bind(2, "x").run());
  CHECK(insert.bind(1, 2).run().error().code == Code::invalid);
}

TEST_CASE("binding a parameter that does not exist fails at the next step", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = SqliteDatabase::open(directory / "a.db").value();
  SqliteStatement select = database.prepare("SELECT ?1").value();
  CHECK(select.bind(2, 1).step().error().code == Code::internal);
}

TEST_CASE("a broken constraint is the fault of the row", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = open_with_table(directory / "a.db");
  CHECK(database.execute("INSERT INTO t VALUES(1, 'x')"));
  const Status twice = database.execute("INSERT INTO t VALUES(1, 'x')");
  CHECK(twice.error().code == Code::invalid);
  CHECK(twice.error().detail.find("UNIQUE") != std::string::npos);
}

TEST_CASE("a full database is unavailable", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = open_with_table(directory / "a.db");
  REQUIRE(database.execute("PRAGMA max_page_count=1"));
  const Status full =
      database.execute("INSERT INTO t VALUES(1, zeroblob(0) || printf('%.9999c','x'))");
  CHECK(full.error().code == Code::unavailable);
}

TEST_CASE("wrong SQL is a mistake of ours", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = SqliteDatabase::open(directory / "a.db").value();
  CHECK(database.execute("SELEKT").error().code == Code::internal);
  CHECK(database.prepare("SELEKT").error().code == Code::internal);
}

TEST_CASE("a value beyond the bound is refused", "[sqlite]") {
  const tests::TempDir directory;
  SqliteOptions options;
  options.longest_value = 1000;
  SqliteDatabase database = SqliteDatabase::open(directory / "a.db", options).value();
  CHECK(database.execute("SELECT zeroblob(1001)").error().code == Code::limit);
}

TEST_CASE("a transaction that fails leaves nothing", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase database = open_with_table(directory / "a.db");
  const Status failed = database.transaction([&]() -> Status {
    CHECK(database.execute("INSERT INTO t VALUES(1, 'x')"));
    return Error{Code::refused, "", ""};
  });
  CHECK(failed.error().code == Code::refused);
  CHECK_FALSE(database.in_transaction());
  CHECK(*database.query_integer("SELECT count(*) FROM t") == 0);
}

TEST_CASE("a locked database is unavailable after the busy timeout", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase first = open_with_table(directory / "a.db");
  SqliteOptions options;
  options.busy_timeout = std::chrono::milliseconds(1);
  SqliteDatabase second = SqliteDatabase::open(directory / "a.db", options).value();
  REQUIRE(first.execute("BEGIN IMMEDIATE"));
  CHECK(second.execute("BEGIN IMMEDIATE").error().code == Code::unavailable);
}

TEST_CASE("a read-only connection cannot write", "[sqlite]") {
  const tests::TempDir directory;
  SqliteDatabase writer = open_with_table(directory / "a.db");
  SqliteOptions options;
  options.mode = SqliteOptions::Mode::read_only;
  SqliteDatabase reader = SqliteDatabase::open(directory / "a.db", options).value();
  CHECK(*reader.query_integer("SELECT count(*) FROM t") == 0);
  CHECK(reader.execute("INSERT INTO t VALUES(1, 'x')").error().code == Code::unavailable);
}

TEST_CASE("a read-only connection does not make the file", "[sqlite]") {
  const tests::TempDir directory;
  SqliteOptions options;
  options.mode = SqliteOptions::Mode::read_only;
  CHECK(SqliteDatabase::open(directory / "none.db", options).error().code == Code::unavailable);
  CHECK_FALSE(std::filesystem::exists(directory / "none.db"));
}

TEST_CASE("a file that is no database is unavailable, and named", "[sqlite]") {
  const tests::TempDir directory;
  std::ofstream(directory / "a.db") << std::string(5000, 'x');
  const auto opened = SqliteDatabase::open(directory / "a.db");
  CHECK(opened.error().code == Code::unavailable);
  CHECK(opened.error().detail.find("a.db") != std::string::npos);
}

TEST_CASE("a file in a directory that does not exist is unavailable", "[sqlite]") {
  const tests::TempDir directory;
  CHECK(SqliteDatabase::open(directory / "no/a.db").error().code == Code::unavailable);
  CHECK(SqliteDatabase::open("").error().code == Code::unavailable);
}

TEST_CASE("a name that SQLite takes for a database in memory is a file", "[sqlite]") {
  const tests::TempDir directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto opened = SqliteDatabase::open(":memory:");
  std::filesystem::current_path(before);
  CHECK(opened);
  CHECK(std::filesystem::exists(directory / ":memory:"));
}

TEST_CASE("several connections may make one new file at once", "[sqlite]") {
  const tests::TempDir directory;
  std::vector<std::optional<Error>> errors(8);
  {
    std::vector<std::jthread> threads;
    for (auto& error : errors) {
      threads.emplace_back([&] {
        const auto opened = SqliteDatabase::open(directory / "a.db");
        if (!opened) error = opened.error();
      });
    }
  }
  for (const auto& error : errors) CHECK((error ? error->detail : "") == "");
}

}  // namespace sqlite_test
