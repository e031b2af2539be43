#include "policies/ledger/spending_table.h"

#include <string>

#include <catch2/catch.hpp>

#include "base/sqlite_journal.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_dir.h"

namespace spending_table_test {

using namespace policies::ledger;

namespace {

struct Opened {
  std::unique_ptr<base::SqliteJournal> journal;
  std::vector<StoredSpending> rows;
};

base::Result<Opened> open(const tests::TempDir& directory, const Clock& clock) {
  auto table = std::make_unique<SpendingTable>(clock);
  const SpendingTable& spending = *table;
  base::SqliteJournal::Projections projections;
  projections.push_back(std::move(table));
  auto journal = base::SqliteJournal::open(directory / "journal.db", {}, std::move(projections));
  if (!journal) return journal.error();
  return Opened{std::move(*journal), spending.rows()};
}

base::Status spend(base::Journal& journal, const tests::ManualClock& clock, Amounts amounts,
                   const std::string& bucket = "bucket agent:a") {
  const auto start =
      std::chrono::duration_cast<std::chrono::seconds>(clock.wall_time.time_since_epoch()).count();
  const SpendingChange change{bucket, start, start + 3'600, amounts, {}};
  return tests::run_task(journal.commit(spending_entries("call", {&change, 1})));
}

void execute(const tests::TempDir& directory, const std::string& sql) {
  auto database = base::SqliteDatabase::open(directory / "journal.db");
  REQUIRE(database.ok());
  REQUIRE(database->execute(sql).ok());
}

}  // namespace

TEST_CASE("a table of spending holds what the records add up to", "[ledger]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  {
    auto opened = open(directory, clock);
    REQUIRE(opened.ok());
    CHECK(opened->rows.empty());
    REQUIRE(spend(*opened->journal, clock, {0, 0, 0, 5, 10}).ok());
    REQUIRE(spend(*opened->journal, clock, {3, 1, 0, -5, 0}).ok());
  }
  const auto again = open(directory, clock);
  REQUIRE(again.ok());
  REQUIRE(again->rows.size() == 1);
  CHECK(again->rows[0].bucket == "bucket agent:a");
  CHECK(again->rows[0].amounts.settled == 3);
  CHECK(again->rows[0].amounts.unknown == 1);
  CHECK(again->rows[0].amounts.held == 0);
  CHECK(again->rows[0].amounts.block == 10);
}

TEST_CASE("a rename takes over what was spent, also in a window that the new name had spent in",
          "[ledger]") {
  const tests::TempDir directory;
  const tests::ManualClock clock;
  {
    auto opened = open(directory, clock);
    REQUIRE(opened.ok());
    REQUIRE(spend(*opened->journal, clock, {3, 0, 0, 0, 0}).ok());
    REQUIRE(spend(*opened->journal, clock, {4, 0, 0, 0, 0}, "new agent:a").ok());
    const SpendingChange rename{"new agent:a", 0, 0, {}, "bucket agent:a"};
    REQUIRE(tests::run_task(opened->journal->commit(spending_entries("call", {&rename, 1}))).ok());
  }
  const auto again = open(directory, clock);
  REQUIRE(again.ok());
  REQUIRE(again->rows.size() == 1);
  CHECK(again->rows[0].bucket == "new agent:a");
  CHECK(again->rows[0].amounts.settled == 7);
}

TEST_CASE("a table of spending that was lost or altered is never read as zero", "[ledger]") {
  for (const std::string sql :
       {"DELETE FROM spending", "UPDATE spending SET settled = 0", "DELETE FROM spending_sum",
        "DROP TABLE spending", "DROP TABLE spending; DROP TABLE spending_sum"}) {
    CAPTURE(sql);
    const tests::TempDir directory;
    const tests::ManualClock clock;
    REQUIRE(spend(*open(directory, clock)->journal, clock, {3, 0, 0, 0, 0}).ok());
    execute(directory, sql);
    const auto again = open(directory, clock);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().code == base::Code::broken);
  }
}

TEST_CASE("windows that ended long ago are forgotten, and the sum with them", "[ledger]") {
  const tests::TempDir directory;
  tests::ManualClock clock;
  REQUIRE(spend(*open(directory, clock)->journal, clock, {3, 0, 0, 0, 0}).ok());
  clock.pass(std::chrono::hours(24 * 30));
  REQUIRE(spend(*open(directory, clock)->journal, clock, {4, 0, 0, 0, 0}).ok());
  const auto again = open(directory, clock);
  REQUIRE(again.ok());
  REQUIRE(again->rows.size() == 1);
  CHECK(again->rows[0].amounts.settled == 4);
}

TEST_CASE("windows that ended are forgotten while the table is in use", "[ledger]") {
  const tests::TempDir directory;
  tests::ManualClock clock;
  auto opened = open(directory, clock);
  REQUIRE(opened.ok());
  const auto rows = [&] {
    auto database = base::SqliteDatabase::open(directory / "journal.db");
    REQUIRE(database.ok());
    return *database->query_integer("SELECT count(*) FROM spending");
  };
  for (int hour = 0; hour < 24; ++hour) {
    REQUIRE(spend(*opened->journal, clock, {1, 0, 0, 0, 0}).ok());
    clock.pass(std::chrono::hours(1));
  }
  CHECK(rows() <= 4);
  opened->journal.reset();
  CHECK(open(directory, clock).ok());  // the sum fits
}

TEST_CASE("what a step says of very many buckets becomes several records, all of which are read",
          "[ledger]") {
  std::vector<SpendingChange> changes(20'000);
  for (std::size_t at = 0; at < changes.size(); ++at) {
    changes[at] = {
        "tool/some/bucket/calls agent:a" + std::to_string(at), 1, 2, {1, 0, 0, 0, 0}, {}};
  }
  const auto entries = spending_entries("crash", changes);
  CHECK(entries.size() > 1);
  std::size_t read = 0;
  for (const auto& entry : entries) {
    const auto parsed = parse_spending(entry);
    REQUIRE(parsed.ok());
    for (const SpendingChange& change : *parsed) {
      CHECK(change.bucket == changes[read].bucket);
      ++read;
    }
  }
  CHECK(read == changes.size());
}

}  // namespace spending_table_test
