#include "base/sqlite.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <system_error>

#include <sqlite3.h>
#include <sys/stat.h>

namespace base {
namespace {

Code code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return Code::invalid;
    case SQLITE_TOOBIG:
      return Code::limit;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Code::internal;
    default:
      return Code::unavailable;
  }
}

Error error_of(sqlite3* database, int code) {
  const std::string text = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  return Error{code_of(code), "The database did not do it.",
               "SQLite " + std::to_string(code) + ": " + text};
}

// Nobody reads its counters of memory, and they cost each of its allocations two locks.
void count_no_memory() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(once);  // refused when something else has begun to use SQLite: it then counts
}

// Makes the file without opening it: closing a descriptor would drop the locks that this process
// holds on the file through SQLite (sqlite.org/howtocorrupt.html §2.2). The WAL files take over its
// mode.
Status make_file(const std::filesystem::path& file) {
  if (::mknod(file.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) == 0 || errno == EEXIST) return {};
  return Error{Code::unavailable, "The database file cannot be made.",
               file.string() + ": " + std::generic_category().message(errno)};
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.empty() ? "" : text.data();
  note(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_TRANSIENT,
                           SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  note(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Result<bool> SqliteStatement::step() {
  sqlite3* database = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) return error_of(nullptr, bind_error_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error_of(database, code);
}

Status SqliteStatement::run() {
  for (;;) {
    Result<bool> row = step();
    if (row && *row) continue;
    reset();
    if (!row) return std::move(row).error();
    return {};
  }
}

void SqliteStatement::reset() {
  // The code repeats the failure that step() has reported.
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_error_ = SQLITE_OK;
}

SqliteStatement::Type SqliteStatement::type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return Type::integer;
    case SQLITE_FLOAT:
      return Type::real;
    case SQLITE_TEXT:
      return Type::text;
    case SQLITE_BLOB:
      return Type::blob;
    default:
      return Type::null;
  }
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view SqliteStatement::bytes(int column) const {
  // The pointer first: asking for it may convert the value and so change its length.
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (!data || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file,
                                            const SqliteOptions& options) {
  // An absolute name is never taken for ":memory:", a URI or a temporary file.
  std::error_code failed;
  const std::filesystem::path name = std::filesystem::absolute(file, failed);
  if (failed || file.empty())
    return Error{Code::unavailable, "The database file has no usable name.", file.string()};
  const bool create = options.mode == SqliteOptions::Mode::create;
  if (create) {
    if (Status made = make_file(name); !made) return std::move(made).error();
  }
  count_no_memory();
  sqlite3* raw = nullptr;
  const int access = create ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(name.c_str(), &raw, access | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(raw);
  if (code != SQLITE_OK) {
    Error error = error_of(raw, code);
    error.detail = name.string() + ": " + error.detail;
    return error;
  }
  if (Status configured = database.configure(options); !configured) {
    configured.error().detail = name.string() + ": " + configured.error().detail;
    return std::move(configured).error();
  }
  return database;
}

Status SqliteDatabase::configure(const SqliteOptions& options) {
  sqlite3* database = database_.get();
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, static_cast<int>(options.busy_timeout.count()));
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH,
                static_cast<int>(std::min<std::size_t>(options.longest_value, INT_MAX)));
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // The file is not trusted: its schema must not run functions, its cells are checked before use.
  Status set = execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;");
  if (!set) return set;
  if (options.mode == SqliteOptions::Mode::read_only) return execute("PRAGMA query_only=ON");
  if (Status wal = use_wal(); !wal) return wal;
  const bool full = options.synchronous == SqliteOptions::Synchronous::full;
  return execute(std::string("PRAGMA synchronous=") + (full ? "FULL" : "NORMAL") +
                 "; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=67108864;");
}

Status SqliteDatabase::use_wal() {
  // SQLite does not wait when two processes make this change at once; whoever comes second finds it
  // made.
  constexpr int attempts = 100;
  for (int attempt = 1;; ++attempt) {
    Result<SqliteStatement> pragma = prepare("PRAGMA journal_mode=WAL");
    if (!pragma) return std::move(pragma).error();
    Result<bool> row = pragma->step();
    if (row && *row && pragma->bytes(0) == "wal") return {};
    if (row) return Error{Code::unavailable, "The database file cannot use a write-ahead log.", ""};
    const bool busy = sqlite3_errcode(database_.get()) == SQLITE_BUSY;
    if (!busy || attempt == attempts) return std::move(row).error();
    sqlite3_sleep(1);
  }
}

Status SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code);
  return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code);
  assert(statement);
  return SqliteStatement(statement);
}

Result<std::int64_t> SqliteDatabase::query_integer(std::string_view sql) {
  Result<SqliteStatement> statement = prepare(sql);
  if (!statement) return std::move(statement).error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  if (!*row) return Error{Code::not_found, "There is no such row.", std::string(sql)};
  return statement->integer(0);
}

std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(database_.get()); }

bool SqliteDatabase::in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

void SqliteDatabase::rollback() {
  // Some failures have rolled back already. A rollback that fails leaves nothing to do: the file
  // decides.
  if (in_transaction()) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace base
