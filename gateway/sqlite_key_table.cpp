#include "gateway/sqlite_key_table.h"

namespace gateway {
namespace {

using base::Result;
using base::SqliteDatabase;
using base::Status;

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS keys(
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL,
  hash TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER NOT NULL,
  person TEXT NOT NULL DEFAULT ''
) STRICT;
)";

// A table made before people had keys lacks their column.
Status make_table(SqliteDatabase& database) {
  if (Status made = database.execute(schema); !made) return made;
  const Result<std::int64_t> columns =
      database.query_integer("SELECT count(*) FROM pragma_table_info('keys') WHERE name = 'person'");
  if (!columns) return columns.error();
  if (*columns > 0) return {};
  return database.execute("ALTER TABLE keys ADD COLUMN person TEXT NOT NULL DEFAULT ''");
}

}  // namespace

Result<std::unique_ptr<KeyTable>> SqliteKeyTable::open(const std::filesystem::path& file) {
  Result<SqliteDatabase> database = SqliteDatabase::open(file);
  if (!database) return std::move(database).error();
  const Status made = database->transaction([&] { return make_table(*database); });
  if (!made) return made.error();
  return std::unique_ptr<KeyTable>(new SqliteKeyTable(*std::move(database)));
}

Status SqliteKeyTable::insert(const StoredKey& key) {
  auto insert = database_.prepare(
      "INSERT INTO keys(id, agent, hash, created, expires, revoked, person) "
      "VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6)");
  if (!insert) return std::move(insert).error();
  insert->bind(1, key.record.id).bind(2, key.record.agent).bind(3, key.hash);
  insert->bind(4, key.record.created).bind(5, key.record.expires);
  return insert->bind(6, key.record.person).run();
}

Result<bool> SqliteKeyTable::change(const char* sql, std::string_view id, std::int64_t number) {
  auto update = database_.prepare(sql);
  if (!update) return std::move(update).error();
  if (Status updated = update->bind(1, id).bind(2, number).run(); !updated) return updated.error();
  return database_.changes() > 0;
}

Result<bool> SqliteKeyTable::revoke(std::string_view id, std::int64_t now) {
  return change(
      "UPDATE keys SET revoked = CASE revoked WHEN 0 THEN ?2 ELSE revoked END WHERE id = ?1", id,
      now);
}

Result<bool> SqliteKeyTable::replace(std::string_view id, std::int64_t expires,
                                     const StoredKey& fresh) {
  bool found = false;
  const Status done = database_.transaction([&]() -> Status {
    const auto changed =
        change("UPDATE keys SET expires = min(expires, ?2) WHERE id = ?1", id, expires);
    if (!changed) return changed.error();
    found = *changed;
    return found ? insert(fresh) : Status();
  });
  if (!done) return done.error();
  return found;
}

Result<std::vector<StoredKey>> SqliteKeyTable::all() {
  auto select = database_.prepare(
      "SELECT id, agent, person, created, expires, revoked, hash FROM keys "
      "ORDER BY created DESC, rowid DESC");
  if (!select) return std::move(select).error();
  std::vector<StoredKey> keys;
  for (;;) {
    const Result<bool> row = select->step();
    if (!row) return row.error();
    if (!*row) return keys;
    keys.push_back({{std::string(select->bytes(0)), std::string(select->bytes(1)),
                     std::string(select->bytes(2)), select->integer(3), select->integer(4),
                     select->integer(5)},
                    std::string(select->bytes(6))});
  }
}

// SQLite counts what other connections change.
Result<std::int64_t> SqliteKeyTable::version() {
  return database_.query_integer("PRAGMA data_version");
}

}  // namespace gateway
