#include "policies/ledger/spending_table.h"

#include <utility>

namespace policies::ledger {
namespace {

using base::Code;
using base::Error;
using base::SqliteDatabase;
using base::Status;

constexpr const char* schema = R"(
CREATE TABLE spending(
  bucket TEXT NOT NULL,
  window INTEGER NOT NULL,
  window_end INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  forfeited INTEGER NOT NULL,
  held INTEGER NOT NULL,
  block INTEGER NOT NULL,
  PRIMARY KEY(bucket, window)
) STRICT, WITHOUT ROWID;
CREATE TABLE spending_sum(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  total INTEGER NOT NULL
) STRICT;
INSERT INTO spending_sum VALUES(1, 0);
)";

constexpr std::chrono::hours prune_every{1};

// Ended windows stay for a while, for a clock that was ahead and is set back: as long again as they
// were, so that those of short windows do not become many.
const std::string of_ended =
    " FROM spending WHERE window_end + min(max(window_end - window, 3600), 259200) < ?1"
    " AND held = 0 AND block = 0";

const std::string select_total =
    "SELECT coalesce(sum(settled + unknown + forfeited + held + block), 0)";

// To an INSERT: what is there already becomes more.
const std::string adding =
    " ON CONFLICT(bucket, window) DO UPDATE SET window_end = max(window_end, excluded.window_end),"
    " settled = settled + excluded.settled, unknown = unknown + excluded.unknown,"
    " forfeited = forfeited + excluded.forfeited, held = held + excluded.held,"
    " block = block + excluded.block";

Error lost(const std::string& what) {
  return {Code::broken,
          "The journal's table of spending does not fit its records: " + what +
              ". Nothing can be spent until it is restored from a backup of the journal.",
          {}};
}

}  // namespace

Status SpendingTable::open(SqliteDatabase& database) {
  if (Status made = make_or_check(database); !made) return made;
  if (Status prepared = prepare(database); !prepared) return prepared;
  if (Status pruned = prune(); !pruned) return pruned;
  return read_rows(database);
}

Status SpendingTable::make_or_check(SqliteDatabase& database) {
  const auto tables = database.query_integer(
      "SELECT count(*) FROM sqlite_master WHERE name IN ('spending', 'spending_sum')");
  if (!tables) return tables.error();
  if (*tables == 2) return check_sums(database);
  const auto records = database.query_integer(
      "SELECT count(*) FROM (SELECT 1 FROM journal WHERE stream = 'spending' LIMIT 1)");
  if (!records) return records.error();
  if (*tables != 0 || *records != 0) return lost("it is missing");
  return database.execute(schema);
}

Status SpendingTable::check_sums(SqliteDatabase& database) {
  const auto kept = database.query_integer("SELECT count(*) FROM spending_sum WHERE only = 1");
  if (!kept) return kept.error();
  if (*kept != 1) return lost("its sum is missing");
  const auto total = database.query_integer("SELECT total FROM spending_sum");
  if (!total) return total.error();
  const auto rows = database.query_integer(select_total + " FROM spending");
  if (!rows) return rows.error();
  if (*total != *rows) return lost("rows are missing or were altered");
  return {};
}

Status SpendingTable::prune() {
  pruned_ = clock_.wall();
  base::SqliteStatement& ended = statements_->ended;
  const auto found = ended.bind(1, seconds_of(pruned_)).step();
  if (!found) return found.error();
  const std::int64_t total = ended.integer(0);
  ended.reset();
  if (Status gone = statements_->forget.bind(1, seconds_of(pruned_)).run(); !gone) return gone;
  return statements_->count.bind(1, -total).run();
}

Status SpendingTable::read_rows(SqliteDatabase& database) {
  auto select = database.prepare(
      "SELECT bucket, window, window_end, settled, unknown, forfeited, held, block FROM spending "
      "WHERE window_end > ?1 OR held <> 0 OR block <> 0 ORDER BY bucket, window");
  if (!select) return select.error();
  select->bind(1, seconds_of(clock_.wall()));
  for (;;) {
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return {};
    rows_.push_back({std::string(select->bytes(0)),
                     select->integer(1),
                     select->integer(2),
                     {select->integer(3), select->integer(4), select->integer(5),
                      select->integer(6), select->integer(7)}});
  }
}

Status SpendingTable::prepare(SqliteDatabase& database) {
  auto add =
      database.prepare("INSERT INTO spending VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" + adding);
  if (!add) return add.error();
  // A window that ended under both names has a row for each.
  auto take_over = database.prepare(
      "INSERT INTO spending SELECT ?1, window, window_end, settled, unknown, forfeited, held, block"
      " FROM spending WHERE bucket = ?2" +
      adding);
  if (!take_over) return take_over.error();
  auto leave = database.prepare("DELETE FROM spending WHERE bucket = ?1");
  if (!leave) return leave.error();
  auto count = database.prepare("UPDATE spending_sum SET total = total + ?1");
  if (!count) return count.error();
  auto ended = database.prepare(select_total + of_ended);
  if (!ended) return ended.error();
  auto forget = database.prepare("DELETE" + of_ended);
  if (!forget) return forget.error();
  statements_.emplace(Statements{*std::move(add), *std::move(take_over), *std::move(leave),
                                 *std::move(count), *std::move(ended), *std::move(forget)});
  return {};
}

Status SpendingTable::apply(const base::JournalEntry& entry) {
  auto changes = parse_spending(entry);
  if (!changes) return changes.error();
  for (const SpendingChange& change : *changes) {
    if (Status added = add(change); !added) return added;
  }
  return clock_.wall() - pruned_ < prune_every ? Status() : prune();
}

Status SpendingTable::add(const SpendingChange& change) {
  if (!change.renamed_from.empty()) {
    const Status taken =
        statements_->take_over.bind(1, change.bucket).bind(2, change.renamed_from).run();
    return taken ? statements_->leave.bind(1, change.renamed_from).run() : taken;
  }
  base::SqliteStatement& add = statements_->add;
  add.bind(1, change.bucket).bind(2, change.window).bind(3, change.window_end);
  add.bind(4, change.change.settled).bind(5, change.change.unknown);
  add.bind(6, change.change.forfeited).bind(7, change.change.held).bind(8, change.change.block);
  if (Status added = add.run(); !added) return added;
  return statements_->count.bind(1, change.change.sum()).run();
}

}  // namespace policies::ledger
